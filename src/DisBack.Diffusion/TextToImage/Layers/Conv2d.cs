using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>Convolution with a square kernel and a bias.</summary>
internal sealed class Conv2d : AdaptableLayer
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long stride;
    private readonly long padding;

    public Conv2d(long in_channels, long out_channels, long kernel, Placement placement, long stride = 1, long padding = 0)
        : base(nameof(Conv2d))
    {
        (this.stride, this.padding) = (stride, padding);
        weight = placement.Reserve(out_channels, in_channels, kernel, kernel);
        bias = placement.Reserve(out_channels);
        RegisterComponents();
    }

    public override Parameter Weights => weight;

    public Tensor forward(Tensor x) => Adapted(Convolved(x, weight.to(x.dtype), bias.to(x.dtype)), x);

    protected override Tensor Lowered(Tensor x, Tensor down) => Convolved(x, down, bias: null);

    protected override Tensor Raised(Tensor x, Tensor up) => functional.conv2d(x, up);

    private Tensor Convolved(Tensor x, Tensor weight, Tensor? bias) =>
        functional.conv2d(x, weight, bias, strides: [stride, stride], padding: [padding, padding]);
}
