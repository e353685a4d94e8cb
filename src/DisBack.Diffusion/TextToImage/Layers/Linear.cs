using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>y = x W^T + b over the last extent.</summary>
internal sealed class Linear : AdaptableLayer
{
    private readonly Parameter weight;
    private readonly Parameter? bias;

    public Linear(long in_features, long out_features, Placement placement, bool bias = true)
        : base(nameof(Linear))
    {
        weight = placement.Reserve(out_features, in_features);
        this.bias = bias ? placement.Reserve(out_features) : null;
        RegisterComponents();
    }

    public override Parameter Weights => weight;

    public Tensor forward(Tensor x) => Adapted(functional.linear(x, weight.to(x.dtype), bias?.to(x.dtype)), x);

    protected override Tensor Lowered(Tensor x, Tensor down) => functional.linear(x, down);

    protected override Tensor Raised(Tensor x, Tensor up) => functional.linear(x, up);
}
