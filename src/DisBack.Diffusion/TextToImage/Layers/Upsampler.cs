using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>Repeats each element, and smooths that with a convolution.</summary>
internal sealed class Upsampler : Segment
{
    private readonly Conv2d conv;

    public Upsampler(int channels, Placement placement)
        : base(nameof(Upsampler))
    {
        conv = new(channels, channels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>[B,C,H,W] to [B,C,2H,2W].</summary>
    public Tensor forward(Tensor x) => forward(x, 2 * x.size(2), 2 * x.size(3));

    /// <summary>[B,C,h,w] to [B,C,H,W].</summary>
    /// <param name="x">The features.</param>
    /// <param name="height">The height of what they will be joined with: twice theirs, or one less.</param>
    /// <param name="width">Its width.</param>
    public Tensor forward(Tensor x, long height, long width) => Run((x, _) =>
    {
        using var larger = functional.interpolate(x, size: [height, width], mode: InterpolationMode.Nearest);
        return conv.forward(larger);
    }, x);
}
