using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>The half of an autoencoder that turns pictures into latents: the weights <c>encoder.*</c> and <c>quant_conv.*</c> of its file.</summary>
internal sealed class PictureEncoder : nn.Module
{
    private readonly Encoder encoder;
    private readonly Conv2d quant_conv;
    private readonly double scalingFactor;

    public PictureEncoder(AutoencoderConfig config, Placement placement)
        : base(nameof(PictureEncoder))
    {
        scalingFactor = config.ScalingFactor;
        encoder = new(config, placement);
        quant_conv = new(2 * config.LatentChannels, 2 * config.LatentChannels, 1, placement);
        RegisterComponents();
    }

    /// <summary>The name of a parameter by that in a file of a whole autoencoder, an old one as well; null for those of the other half.</summary>
    public static string? NameOf(string name) =>
        name.StartsWith("decoder.", StringComparison.Ordinal) || name.StartsWith("post_quant_conv.", StringComparison.Ordinal)
            ? null
            : PixelAttention.PresentName(name);

    /// <summary>The normal distribution of the latents of pictures, before they are scaled.</summary>
    /// <param name="pictures">[B,3,H,W] in [-1, 1], in the type of the parameters; H and W are multiples of 8.</param>
    /// <returns>Mean and standard deviation, each [B,4,H/8,W/8].</returns>
    public (Tensor Mean, Tensor Std) Encode(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var moments = quant_conv.forward(encoder.forward(pictures)).chunk(2, 1);
        // The limits of diffusers: e^-15 to e^10.
        return scope.MoveToOuter(moments[0], moments[1].clamp(-30, 20).div_(2).exp_());
    }

    /// <summary>Latents as the diffusion model knows them, [B,4,H/8,W/8].</summary>
    /// <param name="pictures">As of <see cref="Encode"/>.</param>
    /// <param name="noise">Unit normal, of the shape of the result.</param>
    public Tensor Sample(Tensor pictures, Tensor noise)
    {
        using var scope = NewDisposeScope();
        var (mean, std) = Encode(pictures);
        return (mean + std * noise).mul_(scalingFactor).MoveToOuterDisposeScope();
    }
}
