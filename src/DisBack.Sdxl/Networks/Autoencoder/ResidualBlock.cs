using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>Two convolutions, each after a normalisation and SiLU, added to the input.</summary>
internal sealed class ResidualBlock : nn.Module
{
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly GroupNorm norm2;
    private readonly Conv2d conv2;
    private readonly Conv2d? conv_shortcut;

    public ResidualBlock(int in_channels, int out_channels, int groups, Placement placement)
        : base(nameof(ResidualBlock))
    {
        norm1 = new(groups, in_channels, AutoencoderBlocks.Epsilon, placement);
        conv1 = new(in_channels, out_channels, 3, placement, padding: 1);
        norm2 = new(groups, out_channels, AutoencoderBlocks.Epsilon, placement);
        conv2 = new(out_channels, out_channels, 3, placement, padding: 1);
        conv_shortcut = in_channels == out_channels ? null : new(in_channels, out_channels, 1, placement);
        RegisterComponents();
    }

    /// <summary>[B,C_in,H,W] to [B,C_out,H,W].</summary>
    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var change = AutoencoderBlocks.Through([h => AutoencoderBlocks.Convolved(norm1, conv1, h), h => AutoencoderBlocks.Convolved(norm2, conv2, h)], x);
        return change.add_(conv_shortcut is null ? x : conv_shortcut.forward(x)).MoveToOuterDisposeScope();
    }
}
