using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>The half of an autoencoder that turns latents into pictures: the weights <c>decoder.*</c> and <c>post_quant_conv.*</c> of its file.</summary>
internal sealed class PictureDecoder : nn.Module
{
    /// <summary>512 pixels for SDXL: smaller tiles have colours of their own.</summary>
    public const int LeastTile = 64;

    private readonly Conv2d post_quant_conv;
    private readonly Decoder decoder;
    private readonly AutoencoderConfig config;

    public PictureDecoder(AutoencoderConfig config, Placement placement)
        : base(nameof(PictureDecoder))
    {
        this.config = config;
        post_quant_conv = new(config.LatentChannels, config.LatentChannels, 1, placement);
        decoder = new(config, placement);
        RegisterComponents();
    }

    /// <summary>The name of a parameter by that in a file of a whole autoencoder, an old one as well; null for those of the other half.</summary>
    public static string? NameOf(string name) =>
        name.StartsWith("encoder.", StringComparison.Ordinal) || name.StartsWith("quant_conv.", StringComparison.Ordinal)
            ? null
            : PixelAttention.PresentName(name);

    /// <summary>The side in latents of the largest square that is decoded whole: that of its training, 128 for SDXL, or what makes seams invisible.</summary>
    public int WholeSide => Math.Max(config.SampleSize / config.Reduction, LeastTile);

    /// <summary>Pictures without checks, with a gradient.</summary>
    /// <param name="latents">[B,4,h,w] as the diffusion model knows them, in the type of the parameters.</param>
    /// <returns>[B,3,8h,8w], nominally in [-1, 1], not clamped.</returns>
    public Tensor forward(Tensor latents)
    {
        using var scope = NewDisposeScope();
        return decoder.forward(post_quant_conv.forward(latents / config.ScalingFactor)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Pictures, whole where they have no more pixels than <paramref name="side"/> allows, and else in tiles, which bound the memory: SDXL's decoder takes 4
    /// KiB for each pixel of a tile in float32 (measured on a CPU), 4 GiB at 1024 x 1024. No gradient.
    /// </summary>
    /// <param name="latents">[B,4,h,w] as the diffusion model knows them, of any type.</param>
    /// <param name="side">Side of a tile in latents; null is <see cref="WholeSide"/>, with which all usual sizes of the model are decoded whole.</param>
    /// <returns>float32 [B,3,8h,8w], nominally in [-1, 1], not clamped.</returns>
    /// <exception cref="DisBackException">The activations left the range of the type of the parameters.</exception>
    public Tensor Decode(Tensor latents, int? side = null)
    {
        using var untracked = no_grad();
        using var scope = NewDisposeScope();
        var type = parameters().First().dtype;
        var pictures = TiledDecoding.Decode(latents.to(type), side ?? WholeSide, config.Reduction, tile => forward(tile).to(ScalarType.Float32));
        if (!pictures.isfinite().all().item<bool>())
        {
            throw new DisBackException(Cause(latents, type));
        }
        return pictures.MoveToOuterDisposeScope();
    }

    private static string Cause(Tensor latents, ScalarType type)
    {
        if (!latents.isfinite().all().item<bool>())
        {
            return "The latents to decode have values that are no numbers, which the diffusion model made: compute it in float32, or get its "
                + "file again.";
        }
        return type == ScalarType.Float16
            ? "The decoder's activations exceed the range of float16 and the picture would be black: decode in float32, or use an autoencoder that is made for "
                + "float16, such as sdxl-vae-fp16-fix."
            : $"The decoded picture has values that are no numbers, though the latents are sound and the decoder computes in {type}: its weights are damaged, "
                + "so get the file of the autoencoder again.";
    }
}
