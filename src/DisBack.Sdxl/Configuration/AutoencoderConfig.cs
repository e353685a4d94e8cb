namespace DisBack.Sdxl.Configuration;

/// <summary>What an autoencoder is built from: <c>vae/config.json</c> of a model.</summary>
/// <param name="Channels">Channels of each level, from the resolution of the picture down; each further level halves the resolution.</param>
/// <param name="LayersPerBlock">Residual blocks of a level of the encoder; the decoder has one more.</param>
/// <param name="LatentChannels">Channels of the latents.</param>
/// <param name="Groups">Groups of every group normalisation.</param>
/// <param name="SampleSize">Side in pixels of the pictures that it was trained on.</param>
/// <param name="ScalingFactor">What latents are multiplied by so that a diffusion model sees them with about unit variance.</param>
/// <param name="ForceUpcast">Whether its activations leave the range of float16, so that it computes in float32 beside a network in float16.</param>
internal sealed record AutoencoderConfig(
    IReadOnlyList<int> Channels,
    int LayersPerBlock,
    int LatentChannels,
    int Groups,
    int SampleSize,
    double ScalingFactor,
    bool ForceUpcast)
{
    // Far beyond any autoencoder in use, and small enough that a damaged file cannot ask for all memory.
    private const int MostLevels = 8, MostLayers = 16, MostChannels = 1 << 13, MostPixels = 1 << 14;

    /// <summary>Pixels of the picture per element of the latents, along each side.</summary>
    public int Reduction => 1 << (Channels.Count - 1);

    /// <summary>Reads the settings of an autoencoder.</summary>
    /// <exception cref="DisBackException">A setting is missing, impossible or one that this build does not know.</exception>
    internal static AutoencoderConfig Read(ConfigReader reader)
    {
        reader.Only("in_channels", 3);
        reader.Only("out_channels", 3);
        reader.Only("act_fn", "silu");
        reader.Only("use_quant_conv", true);
        reader.Only("use_post_quant_conv", true);
        reader.Only("mid_block_add_attention", true);
        var config = new AutoencoderConfig(
            reader.Ints("block_out_channels"),
            reader.Int("layers_per_block"),
            reader.Int("latent_channels", 4),
            reader.Int("norm_num_groups", 32),
            reader.Int("sample_size"),
            reader.Double("scaling_factor"),
            reader.Bool("force_upcast", true));
        Blocks("down_block_types", "DownEncoderBlock2D");
        Blocks("up_block_types", "UpDecoderBlock2D");
        reader.Finish();
        return config.IsPossible
            ? config
            : throw new DisBackException("The autoencoder's settings have a size that is zero, too large or no multiple of the groups of its normalisations: "
                + "get the file 'vae/config.json' again.");

        void Blocks(string key, string only)
        {
            var types = reader.Texts(key);
            if (types.Count != config.Channels.Count || types.Any(type => type != only))
            {
                throw new DisBackException($"'{key}' of the autoencoder is [{string.Join(", ", types)}], and this build knows only {only} at each of its "
                    + $"{config.Channels.Count} levels: use the autoencoder of an SDXL model.");
            }
        }
    }

    private bool IsPossible =>
        Channels.Count is > 0 and <= MostLevels
        && LayersPerBlock is > 0 and <= MostLayers
        && LatentChannels is > 0 and <= MostChannels
        && Groups > 0
        && Channels.All(channels => channels is > 0 and <= MostChannels && channels % Groups == 0)
        && SampleSize >= Reduction && SampleSize <= MostPixels
        && double.IsFinite(ScalingFactor) && ScalingFactor > 0;
}
