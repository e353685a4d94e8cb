using DisBack.Specs.Networks;

namespace DisBack.Sdxl.Configuration;

/// <summary>What SDXL's UNet is built from: <c>unet/config.json</c> of a folder that diffusers wrote.</summary>
internal static class UNetConfig
{
    private const string Down = "DownBlock2D", CrossDown = "CrossAttnDownBlock2D", Up = "UpBlock2D", CrossUp = "CrossAttnUpBlock2D";

    /// <summary>Reads settings.</summary>
    /// <param name="config">The settings, of which none remains.</param>
    /// <exception cref="DisBackException">They are damaged or describe a network that this build does not know.</exception>
    internal static TextUnetSettings Read(ConfigReader config)
    {
        var channels = config.Ints("block_out_channels");
        var heads = config.Ints("attention_head_dim", channels.Count);
        var depths = config.Ints("transformer_layers_per_block", channels.Count);
        var kinds = config.Texts("down_block_types");
        Require(channels.Count > 0, "block_out_channels", "one width per level");
        Require(kinds.Count == channels.Count && kinds.All(kind => kind is Down or CrossDown), "down_block_types", $"one {Down} or {CrossDown} per level");
        Require(
            config.Texts("up_block_types").SequenceEqual(kinds.Reverse().Select(kind => kind == CrossDown ? CrossUp : Up)),
            "up_block_types",
            "the mirror image of down_block_types");
        var latents = config.Int("in_channels", 4);
        Require(config.Int("out_channels", 4) == latents, "out_channels", "as many as in_channels");
        var timeIdWidth = config.Int("addition_time_embed_dim");
        var pooled = config.Int("projection_class_embeddings_input_dim") - ((long)TextUnetSettings.TimeIds * timeIdWidth);
        Require(
            pooled is > 0 and <= int.MaxValue,
            "addition_time_embed_dim",
            $"so small that {TextUnetSettings.TimeIds} times it is below projection_class_embeddings_input_dim");
        RequireWhatTheCodeDoes(config);
        var result = new TextUnetSettings
        {
            SampleSize = config.Int("sample_size"),
            LatentChannels = latents,
            Levels = [.. kinds.Select((kind, level) => new TextUnetLevel(channels[level], heads[level], kind == CrossDown ? depths[level] : 0))],
            LayersPerBlock = config.Int("layers_per_block", 2),
            MiddleDepth = depths[^1],
            ContextWidth = config.Int("cross_attention_dim"),
            TimeIdWidth = timeIdWidth,
            PooledWidth = (int)pooled,
            NormGroups = config.Int("norm_num_groups", 32),
            NormEpsilon = config.Double("norm_eps", 1e-5),
        };
        config.Finish();
        try
        {
            result.Validate();
        }
        catch (DisBackException fault)
        {
            throw new DisBackException($"'{config.Source}' is damaged or belongs to another kind of network. {fault.Message}", fault);
        }
        return result;

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
