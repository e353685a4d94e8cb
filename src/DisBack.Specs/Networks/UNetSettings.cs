using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>
/// What EDM's two network families have in common: the constructor arguments of EDM's networks and preconditionings (training/networks.py), with the
/// DDPM++ defaults.
/// </summary>
public abstract record UNetSettings : NetworkSettings
{
    private const int MostMult = 64;

    /// <summary>How the raw network becomes a denoiser.</summary>
    public Preconditioning Precond { get; init; } = Preconditioning.Edm;

    /// <summary>Height and width of the images, in pixels.</summary>
    [Range(1, 4096)]
    public int ImgResolution { get; init; } = 32;

    /// <summary>Colour channels of the images.</summary>
    [Range(1, 1024)]
    public int ImgChannels { get; init; } = 3;

    /// <summary>Number of classes; 0 is an unconditional network.</summary>
    [Range(0, 1_000_000)]
    public int LabelDim { get; init; }

    /// <summary>Length of the augmentation label; 0 is none.</summary>
    [Range(0, 1024)]
    public int AugmentDim { get; init; }

    /// <summary>Base number of channels.</summary>
    [Range(4, 4096)]
    public int ModelChannels { get; init; } = 128;

    /// <summary>Channel multiplier per resolution, finest first; each further entry halves the resolution.</summary>
    public IReadOnlyList<int> ChannelMult { get; init; } = [1, 2, 2, 2];

    /// <summary>Channel multiplier of the embedding vector.</summary>
    [Range(1, 64)]
    public int ChannelMultEmb { get; init; } = 4;

    /// <summary>Residual blocks per resolution.</summary>
    [Range(0, 64)]
    public int NumBlocks { get; init; } = 4;

    /// <summary>Resolutions, in pixels, whose blocks have self-attention.</summary>
    public IReadOnlyList<int> AttnResolutions { get; init; } = [16];

    /// <summary>Probability that an activation is dropped in training.</summary>
    [Range(0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Probability that a class label is dropped in training.</summary>
    [Range(0.0, 1.0)]
    public double LabelDropout { get; init; }

    /// <summary>Expected standard deviation of the training data. EDM only.</summary>
    [Range(1e-6, 1e6)]
    public double SigmaData { get; init; } = 0.5;

    /// <summary>Smallest supported noise level; absent is 0 for edm and 0.02 for ve. vp and iddpm derive theirs.</summary>
    [Range(0, 1e6)]
    public double? SigmaMin { get; init; }

    /// <summary>Largest supported noise level; absent is unlimited for edm and 100 for ve. vp and iddpm derive theirs.</summary>
    [Range(1e-6, 1e9)]
    public double? SigmaMax { get; init; }

    /// <summary>Extent of the noise level schedule of vp.</summary>
    [Range(1e-6, 1e3)]
    public double BetaD { get; init; } = 19.9;

    /// <summary>Initial slope of the noise level schedule of vp.</summary>
    [Range(1e-6, 1e3)]
    public double BetaMin { get; init; } = 0.1;

    /// <summary>Smallest time of vp.</summary>
    [Range(1e-12, 1)]
    public double EpsilonT { get; init; } = 1e-5;

    /// <summary>Number of time steps M of the original formulation of vp and iddpm.</summary>
    [Range(1, 1_000_000)]
    public int TimeSteps { get; init; } = 1000;

    /// <summary>C1 of iddpm's noise levels.</summary>
    [Range(0.0, 1.0)]
    public double C1 { get; init; } = 0.001;

    /// <summary>C2 of iddpm's noise levels.</summary>
    [Range(0.0, 1.0)]
    public double C2 { get; init; } = 0.008;

    /// <inheritdoc/>
    [JsonIgnore]
    public override SampleShape Shape => new(ImgChannels, ImgResolution, ImgResolution);

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Classes => LabelDim;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsGuidable => LabelDim > 0 && LabelDropout > 0;

    /// <inheritdoc/>
    protected override string? FindContradiction()
    {
        if (ChannelMult.Count is 0 or > 16 || ChannelMult.Any(mult => mult is < 1 or > MostMult))
        {
            return $"channel_mult needs one to 16 entries from 1 to {MostMult}";
        }

        return ImgResolution % (1 << (ChannelMult.Count - 1)) != 0
            ? $"img_resolution {ImgResolution} cannot be halved {ChannelMult.Count - 1} times as the {ChannelMult.Count} entries of channel_mult ask"
            : null;
    }
}
