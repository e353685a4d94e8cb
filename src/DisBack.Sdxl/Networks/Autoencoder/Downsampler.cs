using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>Halves the resolution with a convolution.</summary>
internal sealed class Downsampler : nn.Module
{
    private readonly Conv2d conv;

    public Downsampler(int channels, Placement placement)
        : base(nameof(Downsampler))
    {
        conv = new(channels, channels, 3, placement, stride: 2);
        RegisterComponents();
    }

    /// <summary>[B,C,H,W] to [B,C,H/2,W/2]. The zeros are at the right and at the bottom alone, unlike those of the U-Net.</summary>
    public Tensor forward(Tensor x)
    {
        using var padded = functional.pad(x, [0, 1, 0, 1]);
        return conv.forward(padded);
    }
}
