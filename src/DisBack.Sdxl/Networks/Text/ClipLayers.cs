using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>The layers one after another.</summary>
internal sealed class ClipLayers : nn.Module
{
    private readonly ModuleList<ClipLayer> layers;

    public ClipLayers(TextEncoderConfig config, Placement placement)
        : base(nameof(ClipLayers))
    {
        layers = new([.. Enumerable.Range(0, config.Layers).Select(_ => new ClipLayer(config, placement))]);
        RegisterComponents();
    }

    /// <summary>The input [B, N, width] and the output of each layer.</summary>
    public IReadOnlyList<Tensor> forward(Tensor x)
    {
        List<Tensor> states = [x];
        foreach (var layer in layers)
        {
            states.Add(layer.forward(states[^1]));
        }
        return states;
    }
}
