using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>Half the resolution, rounded up: [B, C, H, W] to [B, C, ceil(H/2), ceil(W/2)].</summary>
internal sealed class Downsampler : nn.Module
{
    private readonly Conv2d conv;

    public Downsampler(int channels, Placement placement)
        : base(nameof(Downsampler))
    {
        conv = new(channels, channels, 3, placement, stride: 2, padding: 1);
        RegisterComponents();
    }

    public Tensor forward(Tensor x) => conv.forward(x);
}
