using DisBack.Sdxl.Networks.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>Doubles the resolution by repeating each element, and smooths it with a convolution.</summary>
internal sealed class Upsampler : nn.Module
{
    private readonly Conv2d conv;

    public Upsampler(int channels, Placement placement)
        : base(nameof(Upsampler))
    {
        conv = new(channels, channels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>[B,C,H,W] to [B,C,2H,2W].</summary>
    public Tensor forward(Tensor x)
    {
        using var larger = functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        return conv.forward(larger);
    }
}
