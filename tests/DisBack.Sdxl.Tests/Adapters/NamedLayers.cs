using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Adapters;

/// <summary>Two layers that are named as in a text encoder, with weights of [6, 6].</summary>
internal sealed class NamedLayers : nn.Module
{
    public NamedLayers(Placement placement)
        : base(nameof(NamedLayers))
    {
        register_module("q_proj", new Linear(6, 6, placement));
        register_module("out_proj", new Linear(6, 6, placement));
    }
}
