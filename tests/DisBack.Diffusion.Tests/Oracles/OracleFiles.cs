using System.Globalization;
using System.Text.Json;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Oracles;

/// <summary>The files computed with PyTorch that the oracle tests agree with: those of this repository, or of the folder that DISBACK_ORACLES names.</summary>
internal static class OracleFiles
{
    /// <summary>The agreement asked of outputs, gradients and losses: relative to the largest value and to the norm.</summary>
    public const double Tolerance = 1e-4;

    private static string Root => Environment.GetEnvironmentVariable("DISBACK_ORACLES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(AppContext.BaseDirectory, "oracles");

    /// <summary>Every file of one kind, <c>edm</c> or <c>disback</c>.</summary>
    public static IEnumerable<string> Of(string kind) => Directory.EnumerateFiles(Path.Combine(Root, kind), "*.safetensors").Order(StringComparer.Ordinal);

    /// <summary>One file.</summary>
    public static string PathOf(string kind, string name) => Path.Combine(Root, kind, name);

    /// <summary>The settings that EDM's constructor would have with the arguments in a file's metadata.</summary>
    public static UNetSettings Settings(IReadOnlyDictionary<string, string> metadata)
    {
        using var arguments = JsonDocument.Parse(metadata["arguments"]);
        var precond = metadata["network"] switch
        {
            "EDMPrecond" => Preconditioning.Edm,
            "VPPrecond" => Preconditioning.Vp,
            "VEPrecond" => Preconditioning.Ve,
            "iDDPMPrecond" => Preconditioning.Iddpm,
            var other => throw new NotSupportedException($"The oracle's network '{other}' is unknown."),
        };
        var family = arguments.RootElement.TryGetProperty("model_type", out var type) ? type.GetString()
            : precond is Preconditioning.Vp or Preconditioning.Ve ? "SongUNet" : "DhariwalUNet";
        UNetSettings settings = new SongUnetSettings { Precond = precond };
        if (family == "DhariwalUNet")
        {
            settings = new DhariwalUnetSettings
            {
                Precond = precond,
                ModelChannels = 192,
                ChannelMult = [1, 2, 3, 4],
                NumBlocks = 3,
                AttnResolutions = [32, 16, 8],
            };
        }
        // A trace carries the standard deviation of the data beside the constructor's arguments.
        if (metadata.TryGetValue("sigma_data", out var sigmaData))
        {
            settings = settings with { SigmaData = double.Parse(sigmaData, CultureInfo.InvariantCulture) };
        }
        return arguments.RootElement.EnumerateObject().Aggregate(settings, With);
    }

    private static UNetSettings With(UNetSettings settings, JsonProperty argument)
    {
        var value = argument.Value;
        return argument.Name switch
        {
            "img_resolution" => settings with { ImgResolution = value.GetInt32() },
            "img_channels" => settings with { ImgChannels = value.GetInt32() },
            "label_dim" => settings with { LabelDim = value.GetInt32() },
            "augment_dim" => settings with { AugmentDim = value.GetInt32() },
            "model_channels" => settings with { ModelChannels = value.GetInt32() },
            "channel_mult" => settings with { ChannelMult = Integers() },
            "channel_mult_emb" => settings with { ChannelMultEmb = value.GetInt32() },
            "channel_mult_noise" => (SongUnetSettings)settings with { ChannelMultNoise = value.GetInt32() },
            "num_blocks" => settings with { NumBlocks = value.GetInt32() },
            "attn_resolutions" => settings with { AttnResolutions = Integers() },
            "dropout" => settings with { Dropout = value.GetDouble() },
            "label_dropout" => settings with { LabelDropout = value.GetDouble() },
            "embedding_type" => (SongUnetSettings)settings with { EmbeddingType = Enum.Parse<EmbeddingType>(value.GetString()!, ignoreCase: true) },
            "encoder_type" => (SongUnetSettings)settings with { EncoderType = Enum.Parse<EncoderType>(value.GetString()!, ignoreCase: true) },
            "decoder_type" => (SongUnetSettings)settings with { DecoderType = Enum.Parse<DecoderType>(value.GetString()!, ignoreCase: true) },
            "resample_filter" => (SongUnetSettings)settings with { ResampleFilter = [.. value.EnumerateArray().Select(tap => tap.GetDouble())] },
            "sigma_data" => settings with { SigmaData = value.GetDouble() },
            "sigma_min" => settings with { SigmaMin = value.GetDouble() },
            "sigma_max" => settings with { SigmaMax = value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble())
                ? value.GetDouble()
                : null },
            "beta_d" => settings with { BetaD = value.GetDouble() },
            "beta_min" => settings with { BetaMin = value.GetDouble() },
            "epsilon_t" => settings with { EpsilonT = value.GetDouble() },
            "M" => settings with { TimeSteps = value.GetInt32() },
            "C_1" => settings with { C1 = value.GetDouble() },
            "C_2" => settings with { C2 = value.GetDouble() },
            // Half precision is a matter of the accelerator; the oracles were computed without.
            "model_type" or "use_fp16" => settings,
            var other => throw new NotSupportedException($"The oracle's argument '{other}' is unknown."),
        };

        int[] Integers() => [.. value.EnumerateArray().Select(item => item.GetInt32())];
    }

    /// <summary>Asserts agreement with what PyTorch computed, relative to the expected values but at least to <paramref name="floor"/>.</summary>
    public static void AssertAgrees(Tensor expected, Tensor actual, string what, double floor = 1e-12)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var (wanted, got) = (expected.to(ScalarType.Float64), actual.detach().cpu().to(ScalarType.Float64));
        var largest = wanted.abs().max().item<double>();
        var deviation = (wanted - got).abs().max().item<double>() / Math.Max(largest, floor);
        var norm = (wanted - got).norm().item<double>() / Math.Max(wanted.norm().item<double>(), floor * Math.Sqrt(wanted.NumberOfElements));
        Assert.True(deviation <= Tolerance && norm <= Tolerance, $"{what} deviates by {deviation:e2} of its largest value and {norm:e2} of its norm.");
    }
}
