using DisBack.Sdxl.Networks.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Sdxl.Networks.UNet;

/// <summary>Repeated pixels, then a convolution: [B, C, h, w] to [B, C, H, W].</summary>
internal sealed class Upsampler : nn.Module
{
    private readonly Conv2d conv;

    public Upsampler(int channels, Placement placement)
        : base(nameof(Upsampler))
    {
        conv = new(channels, channels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <param name="x">The features.</param>
    /// <param name="height">The height of what they will be joined with: twice theirs, or one less.</param>
    /// <param name="width">Its width.</param>
    public Tensor forward(Tensor x, long height, long width)
    {
        using var enlarged = functional.interpolate(x, size: [height, width], mode: InterpolationMode.Nearest);
        return conv.forward(enlarged);
    }
}
