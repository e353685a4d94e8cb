using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>
/// A denoising network without its weights: its preconditioning and the constructor arguments of EDM's networks (training/networks.py), with the DDPM++
/// defaults.
/// </summary>
public sealed record NetworkSettings
{
    /// <summary>How this record is spelled in the metadata of a weights file: snake_case fields, kebab-case values.</summary>
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>How the raw network becomes a denoiser.</summary>
    public Preconditioning Precond { get; init; } = Preconditioning.Edm;

    /// <summary>The network family: song-unet (DDPM++, NCSN++) or dhariwal-unet (ADM).</summary>
    public ModelType ModelType { get; init; } = ModelType.SongUnet;

    /// <summary>Height and width of the images in pixels.</summary>
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

    /// <summary>Probability that a class label is dropped in training, for classifier-free guidance.</summary>
    [Range(0, 1)]
    public double LabelDropout { get; init; }

    /// <summary>Embedding of the noise level: positional (DDPM++) or fourier (NCSN++). Song-unet only.</summary>
    public EmbeddingType EmbeddingType { get; init; } = EmbeddingType.Positional;

    /// <summary>Channel multiplier of the noise embedding: 1 for DDPM++, 2 for NCSN++. Song-unet only.</summary>
    [Range(1, 64)]
    public int ChannelMultNoise { get; init; } = 1;

    /// <summary>Encoder: standard (DDPM++), residual (NCSN++) or skip. Song-unet only.</summary>
    public EncoderType EncoderType { get; init; } = EncoderType.Standard;

    /// <summary>Decoder: standard or skip. Song-unet only.</summary>
    public DecoderType DecoderType { get; init; } = DecoderType.Standard;

    /// <summary>Taps of the separable resampling filter: [1, 1] for DDPM++, [1, 3, 3, 1] for NCSN++. Song-unet only.</summary>
    public IReadOnlyList<double> ResampleFilter { get; init; } = [1, 1];

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
    [Range(0, 1)]
    public double C1 { get; init; } = 0.001;

    /// <summary>C2 of iddpm's noise levels.</summary>
    [Range(0, 1)]
    public double C2 { get; init; } = 0.008;

    /// <summary>The JSON that a weights file carries in its metadata field <c>network</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <param name="origin">Where it comes from, for the message of an error.</param>
    /// <exception cref="DisBackException">The text is not the JSON of network settings.</exception>
    public static NetworkSettings FromJson(string json, string origin)
    {
        try
        {
            return JsonSerializer.Deserialize<NetworkSettings>(json, Json) ?? throw new JsonException("it is null");
        }
        catch (JsonException cause)
        {
            throw new DisBackException($"The network settings of '{origin}' cannot be read ({cause.Message}): write them anew with this version.", cause);
        }
    }

    /// <summary>Throws unless a network can be built from these settings.</summary>
    /// <exception cref="DisBackException">A value or a combination of values is impossible; the message names it.</exception>
    public void Validate()
    {
        var invalid = new List<ValidationResult>();
        if (!Validator.TryValidateObject(this, new ValidationContext(this), invalid, validateAllProperties: true))
            throw Impossible(invalid[0].ErrorMessage!);
        if (ChannelMult.Count is 0 or > 16 || ChannelMult.Any(mult => mult < 1)) throw Impossible("channel_mult needs one to 16 positive entries");
        if (ImgResolution % (1 << (ChannelMult.Count - 1)) != 0)
            throw Impossible($"img_resolution {ImgResolution} cannot be halved {ChannelMult.Count - 1} times as the {ChannelMult.Count} entries of channel_mult ask");
        if (ModelChannels * ChannelMultNoise % 2 != 0) throw Impossible($"model_channels {ModelChannels} is odd, but the noise embedding has as many sines as cosines");
        if (ModelType == ModelType.SongUnet && (ResampleFilter.Count < 2 || ResampleFilter.Count % 2 != 0 || ResampleFilter.Sum() == 0))
            throw Impossible("resample_filter needs an even number of taps with a sum other than 0");
    }

    private static DisBackException Impossible(string what) => new($"The network settings are impossible: {what.TrimEnd('.')}; correct them.");
}

/// <summary>How the raw network F becomes the denoiser D (Karras et al. 2022, Table 1).</summary>
public enum Preconditioning
{
    /// <summary>EDM: unit variance in and out at every noise level.</summary>
    Edm,

    /// <summary>Variance preserving (DDPM++ of Song et al.): the network predicts the noise.</summary>
    Vp,

    /// <summary>Variance exploding (NCSN++ of Song et al.).</summary>
    Ve,

    /// <summary>Improved DDPM (Nichol and Dhariwal): a table of noise levels, half of the output channels ignored.</summary>
    Iddpm,
}

/// <summary>The network families.</summary>
public enum ModelType
{
    /// <summary>DDPM++ and NCSN++ of Song et al.</summary>
    SongUnet,

    /// <summary>ADM of Dhariwal and Nichol.</summary>
    DhariwalUnet,
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
