namespace DisBack.Sdxl.Configuration;

/// <summary>What SDXL's UNet is built from: <c>unet/config.json</c> of a folder that diffusers wrote.</summary>
internal sealed record UNetConfig
{
    private const string Down = "DownBlock2D", CrossDown = "CrossAttnDownBlock2D", Up = "UpBlock2D", CrossUp = "CrossAttnUpBlock2D";

    /// <summary>SDXL's widest layer has 10,240 outputs: a file that asks for far more than memory holds is refused before anything is allocated.</summary>
    private const int MostChannels = 1 << 16;

    private const int MostRepetitions = 64;

    /// <summary>Residual and transformer blocks in all, of which SDXL has 87: each takes a while to make and has dozens of names.</summary>
    private const int MostBlocks = 256;

    /// <summary>Numbers that say where and how large a picture was cropped: original height and width, top and left, target height and width.</summary>
    public const int TimeIds = 6;

    /// <summary>Side of the latents that the network was trained for.</summary>
    public required int SampleSize { get; init; }

    /// <summary>Channels of the latents.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>The resolutions, the finest first.</summary>
    public required IReadOnlyList<UNetLevel> Levels { get; init; }

    /// <summary>Residual blocks per level on the way down; there is one more on the way up.</summary>
    public required int LayersPerBlock { get; init; }

    /// <summary>Transformer blocks at the coarsest resolution, between down and up.</summary>
    public required int MiddleDepth { get; init; }

    /// <summary>Width of the prompt's token states.</summary>
    public required int ContextWidth { get; init; }

    /// <summary>Width of the sinusoids of each of the <see cref="TimeIds"/>.</summary>
    public required int TimeIdWidth { get; init; }

    /// <summary>Width of the prompt's pooled state.</summary>
    public required int PooledWidth { get; init; }

    /// <summary>Groups of every group normalisation.</summary>
    public required int NormGroups { get; init; }

    /// <summary>Epsilon of the residual blocks' and the last normalisation.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Width of the embedding of time and conditions.</summary>
    public int EmbeddingWidth => 4 * Levels[0].Channels;

    /// <summary>Reads settings.</summary>
    /// <param name="config">The settings, of which none remains.</param>
    /// <exception cref="DisBackException">They are damaged or describe a network that this build does not know.</exception>
    internal static UNetConfig Read(ConfigReader config)
    {
        var channels = config.Ints("block_out_channels");
        var heads = config.Ints("attention_head_dim", channels.Count);
        var depths = config.Ints("transformer_layers_per_block", channels.Count);
        var kinds = config.Texts("down_block_types");
        Require(kinds.Count == channels.Count && kinds.All(kind => kind is Down or CrossDown), "down_block_types", $"one {Down} or {CrossDown} per level");
        Require(
            config.Texts("up_block_types").SequenceEqual(kinds.Reverse().Select(kind => kind == CrossDown ? CrossUp : Up)),
            "up_block_types",
            "the mirror image of down_block_types");

        var groups = Count("norm_num_groups", MostChannels, 32);
        var latents = Count("in_channels", MostChannels, 4);
        Require(config.Int("out_channels", 4) == latents, "out_channels", "as many as in_channels");
        var timeIdWidth = Count("addition_time_embed_dim", MostChannels);
        var pooled = Count("projection_class_embeddings_input_dim", MostChannels) - (TimeIds * timeIdWidth);
        Require(pooled > 0 && timeIdWidth % 2 == 0, "addition_time_embed_dim", $"even, and {TimeIds} times it below projection_class_embeddings_input_dim");
        Require(channels.Count is > 0 and <= 8 && channels.All(width => width is > 0 and <= MostChannels), "block_out_channels", "1 to 8 widths");
        Require(channels[0] % 2 == 0, "block_out_channels", "even at first");
        Require(channels.All(width => width % groups == 0), "block_out_channels", $"multiples of norm_num_groups ({groups})");
        Require(heads.Zip(channels).All(level => level.First > 0 && level.Second % level.First == 0), "attention_head_dim", "divisors of block_out_channels");
        Require(depths.All(depth => depth is > 0 and <= MostRepetitions), "transformer_layers_per_block", $"1 to {MostRepetitions} on each level");

        RequireWhatTheCodeDoes(config);
        var result = new UNetConfig
        {
            SampleSize = Count("sample_size", MostChannels),
            LatentChannels = latents,
            Levels = [.. kinds.Select((kind, level) => new UNetLevel(channels[level], heads[level], kind == CrossDown ? depths[level] : 0))],
            LayersPerBlock = Count("layers_per_block", MostRepetitions, 2),
            MiddleDepth = depths[^1],
            ContextWidth = Count("cross_attention_dim", MostChannels),
            TimeIdWidth = timeIdWidth,
            PooledWidth = pooled,
            NormGroups = groups,
            NormEpsilon = config.Double("norm_eps", 1e-5),
        };
        config.Finish();
        Require(double.IsFinite(result.NormEpsilon) && result.NormEpsilon > 0, "norm_eps", "a number above 0");
        var blocks = result.Levels.Sum(level => ((2 * result.LayersPerBlock) + 1) * (1 + level.Depth)) + 2 + result.MiddleDepth;
        Require(blocks <= MostBlocks, "layers_per_block", $"so few that there are at most {MostBlocks} blocks with those of transformer_layers_per_block");
        return result;

        int Count(string key, int most, int? unless = null)
        {
            var value = config.Int(key, unless);
            Require(value > 0 && value <= most, key, $"1 to {most}");
            return value;
        }

        void Require(bool holds, string key, string what)
        {
            if (!holds)
            {
                throw new DisBackException($"'{key}' of '{config.Source}' should be {what}: the file is damaged or belongs to another kind of network.");
            }
        }
    }

    private static void RequireWhatTheCodeDoes(ConfigReader config)
    {
        config.Only("mid_block_type", "UNetMidBlock2DCrossAttn");
        config.Only("act_fn", "silu");
        config.Only("addition_embed_type", "text_time");
        config.Only("use_linear_projection", true);
        config.Only("flip_sin_to_cos", true);
        config.Only("freq_shift", 0);
        config.Only("downsample_padding", 1);
        config.Only("mid_block_scale_factor", 1);
        config.Only("conv_in_kernel", 3);
        config.Only("conv_out_kernel", 3);
        config.Only("resnet_time_scale_shift", "default");
        config.Only("resnet_out_scale_factor", 1);
        config.Only("time_embedding_type", "positional");
        config.Only("attention_type", "default");
        foreach (var off in (ReadOnlySpan<string>)[
            "center_input_sample", "class_embeddings_concat", "cross_attention_norm", "dual_cross_attention", "mid_block_only_cross_attention",
            "only_cross_attention", "resnet_skip_time_act", "upcast_attention"])
        {
            config.Only(off, false);
        }
        // Dropout is for training and the number of heads for another kind of added embedding.
        config.Ignore("dropout", "addition_embed_type_num_heads");
    }
}
