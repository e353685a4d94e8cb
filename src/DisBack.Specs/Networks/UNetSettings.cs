using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>
/// What EDM's two network families have in common: the constructor arguments of EDM's networks and preconditionings (training/networks.py), with the
/// DDPM++ defaults.
/// </summary>
public abstract record UNetSettings : NetworkSettings
{
    /// <summary>How the raw network becomes a denoiser.</summary>
    [Description("How the raw network becomes a denoiser.")]
    public Preconditioning Precond { get; init; } = Preconditioning.Edm;

    /// <summary>Height and width of the images in pixels.</summary>
    [Description("Height and width of the images, in pixels."), Range(1, 4096)]
    public int ImgResolution { get; init; } = 32;

    /// <summary>Colour channels of the images.</summary>
    [Description("Colour channels of the images."), Range(1, 1024)]
    public int ImgChannels { get; init; } = 3;

    /// <summary>Number of classes; 0 is an unconditional network.</summary>
    [Description("Number of classes; 0 is an unconditional network."), Range(0, 1_000_000)]
    public int LabelDim { get; init; }

    /// <summary>Length of the augmentation label; 0 is none.</summary>
    [Description("Length of the augmentation label; 0 is none."), Range(0, 1024)]
    public int AugmentDim { get; init; }

    /// <summary>Base multiplier of the number of channels.</summary>
    [Description("Base number of channels."), Range(4, 4096)]
    public int ModelChannels { get; init; } = 128;

    /// <summary>Multiplier of the channels per resolution, from the finest to the coarsest.</summary>
    [Description("Channel multiplier per resolution, finest first; each further entry halves the resolution.")]
    public IReadOnlyList<int> ChannelMult { get; init; } = [1, 2, 2, 2];

    /// <summary>Multiplier of the channels of the embedding vector.</summary>
    [Description("Channel multiplier of the embedding vector."), Range(1, 64)]
    public int ChannelMultEmb { get; init; } = 4;

    /// <summary>Residual blocks per resolution.</summary>
    [Description("Residual blocks per resolution."), Range(0, 64)]
    public int NumBlocks { get; init; } = 4;

    /// <summary>Resolutions, in pixels, whose blocks have self-attention.</summary>
    [Description("Resolutions, in pixels, whose blocks have self-attention.")]
    public IReadOnlyList<int> AttnResolutions { get; init; } = [16];

    /// <summary>Probability that an activation is dropped in training.</summary>
    [Description("Probability that an activation is dropped in training."), Range(0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Probability that a class label is dropped in training, for classifier-free guidance.</summary>
    [Description("Probability that a class label is dropped in training."), Range(0, 1)]
    public double LabelDropout { get; init; }

    /// <summary>Standard deviation of the data; EDM preconditioning only.</summary>
    [Description("Expected standard deviation of the training data. EDM only."), Range(1e-6, 1e6)]
    public double SigmaData { get; init; } = 0.5;

    /// <summary>Smallest supported noise level; null is the preconditioning's own (EDM 0, VE 0.02). VP and iDDPM derive theirs.</summary>
    [Description("Smallest supported noise level; absent is 0 for edm and 0.02 for ve. vp and iddpm derive theirs."), Range(0, 1e6)]
    public double? SigmaMin { get; init; }

    /// <summary>Largest supported noise level; null is the preconditioning's own (EDM infinite, VE 100). VP and iDDPM derive theirs.</summary>
    [Description("Largest supported noise level; absent is unlimited for edm and 100 for ve. vp and iddpm derive theirs."), Range(1e-6, 1e9)]
    public double? SigmaMax { get; init; }

    /// <summary>Slope of the noise rate of VP.</summary>
    [Description("Extent of the noise level schedule of vp."), Range(1e-6, 1e3)]
    public double BetaD { get; init; } = 19.9;

    /// <summary>Initial noise rate of VP.</summary>
    [Description("Initial slope of the noise level schedule of vp."), Range(1e-6, 1e3)]
    public double BetaMin { get; init; } = 0.1;

    /// <summary>Smallest time of VP.</summary>
    [Description("Smallest time of vp."), Range(1e-12, 1)]
    public double EpsilonT { get; init; } = 1e-5;

    /// <summary>Number of time steps M of the original formulations of VP and iDDPM.</summary>
    [Description("Number of time steps M of the original formulation of vp and iddpm."), Range(1, 1_000_000)]
    public int TimeSteps { get; init; } = 1000;

    /// <summary>C1 of iDDPM's table of noise levels.</summary>
    [Description("C1 of iddpm's noise levels."), Range(0, 1)]
    public double C1 { get; init; } = 0.001;

    /// <summary>C2 of iDDPM's table of noise levels.</summary>
    [Description("C2 of iddpm's noise levels."), Range(0, 1)]
    public double C2 { get; init; } = 0.008;

    /// <inheritdoc/>
    [JsonIgnore]
    public override SampleShape Shape => new(ImgChannels, ImgResolution, ImgResolution);

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Classes => LabelDim;

    /// <inheritdoc/>
    protected override string? FindContradiction()
    {
        if (ChannelMult.Count is 0 or > 16 || ChannelMult.Any(mult => mult < 1))
        {
            return "channel_mult needs one to 16 positive entries";
        }

        return ImgResolution % (1 << (ChannelMult.Count - 1)) != 0
            ? $"img_resolution {ImgResolution} cannot be halved {ChannelMult.Count - 1} times as the {ChannelMult.Count} entries of channel_mult ask"
            : null;
    }
}
