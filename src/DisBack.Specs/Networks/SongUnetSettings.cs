using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>DDPM++ or NCSN++ of Song et al.</summary>
public sealed record SongUnetSettings : UNetSettings
{
    private const int MostTaps = 64;

    /// <summary>Embedding of the noise level: positional (DDPM++) or fourier (NCSN++).</summary>
    public EmbeddingType EmbeddingType { get; init; } = EmbeddingType.Positional;

    /// <summary>Channel multiplier of the noise embedding: 1 for DDPM++, 2 for NCSN++.</summary>
    [Range(1, 64)]
    public int ChannelMultNoise { get; init; } = 1;

    /// <summary>Encoder: standard (DDPM++), residual (NCSN++) or skip.</summary>
    public EncoderType EncoderType { get; init; } = EncoderType.Standard;

    /// <summary>Decoder: standard or skip.</summary>
    public DecoderType DecoderType { get; init; } = DecoderType.Standard;

    /// <summary>Taps of the separable resampling filter: [1, 1] for DDPM++, [1, 3, 3, 1] for NCSN++.</summary>
    public IReadOnlyList<double> ResampleFilter { get; init; } = [1, 1];

    /// <inheritdoc/>
    [JsonIgnore]
    public override NetworkSize Size => UNetSize.Of(this);

    /// <inheritdoc/>
    protected override string? FindContradiction()
    {
        if (base.FindContradiction() is { } contradiction)
        {
            return contradiction;
        }

        if (ModelChannels * ChannelMultNoise % 2 != 0)
        {
            return $"model_channels {ModelChannels} is odd, but the noise embedding has as many sines as cosines";
        }

        // The filter of an image has as many taps squared.
        return ResampleFilter.Count is < 2 or > MostTaps || ResampleFilter.Count % 2 != 0 || ResampleFilter.Sum() == 0
            ? $"resample_filter needs an even number of taps, at most {MostTaps}, with a sum other than 0"
            : null;
    }
}

/// <summary>Embeddings of the noise level.</summary>
public enum EmbeddingType
{
    /// <summary>Sines and cosines of geometric frequencies (DDPM++).</summary>
    Positional,

    /// <summary>Sines and cosines of random frequencies (NCSN++).</summary>
    Fourier,
}

/// <summary>How the image pyramid enters SongUNet's encoder.</summary>
public enum EncoderType
{
    /// <summary>Only at the finest resolution (DDPM++).</summary>
    Standard,

    /// <summary>A downsampled image is projected and added at each resolution.</summary>
    Skip,

    /// <summary>Learned features of the pyramid are added at each resolution (NCSN++).</summary>
    Residual,
}

/// <summary>How the image leaves SongUNet's decoder.</summary>
public enum DecoderType
{
    /// <summary>Only at the finest resolution.</summary>
    Standard,

    /// <summary>Each resolution adds its part to an upsampled image.</summary>
    Skip,
}
