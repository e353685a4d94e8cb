using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>Normalisation over the last extent.</summary>
internal sealed class LayerNorm : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly double epsilon;

    public LayerNorm(long width, double epsilon, Placement placement)
        : base(nameof(LayerNorm))
    {
        this.epsilon = epsilon;
        weight = placement.Reserve(width);
        bias = placement.Reserve(width);
        RegisterComponents();
    }

    public Tensor forward(Tensor x) => functional.layer_norm(x, weight.shape, weight.to(x.dtype), bias.to(x.dtype), epsilon);
}
