using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>
/// SDXL's UNet (arXiv 2307.01952), which predicts the noise in latents from a time, a text and sizes, with its noise levels: a table of variance preserving
/// diffusion whose roots of beta rise linearly. The defaults are those of SDXL base 1.0.
/// </summary>
public sealed record TextUnetSettings : NetworkSettings
{
    /// <summary>Numbers that say where and how large a picture was cropped: original height and width, top and left, target height and width.</summary>
    public const int TimeIds = 6;

    /// <summary>SDXL's widest layer has 10,240 outputs: settings that ask for far more than memory holds are refused before anything is allocated.</summary>
    private const int MostChannels = 1 << 16;

    private const int MostRepetitions = 64;

    /// <summary>Residual and transformer blocks in all, of which SDXL has 87: each takes a while to make and has dozens of names.</summary>
    private const int MostBlocks = 256;

    /// <summary>Side of the square latents that are denoised.</summary>
    [Range(1, MostChannels)]
    public int SampleSize { get; init; } = 128;

    /// <summary>Channels of the latents.</summary>
    [Range(1, MostChannels)]
    public int LatentChannels { get; init; } = 4;

    /// <summary>Side in pixels of what one latent stands for.</summary>
    [Range(1, 64)]
    public int PixelsPerLatent { get; init; } = 8;

    /// <summary>The resolutions, the finest first; each further one halves the side.</summary>
    [Length(1, 8)]
    public IReadOnlyList<TextUnetLevel> Levels { get; init; } = [new(320, 5, 0), new(640, 10, 2), new(1280, 20, 10)];

    /// <summary>Residual blocks per level on the way down; there is one more on the way up.</summary>
    [Range(1, MostRepetitions)]
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Transformer blocks at the coarsest resolution, between down and up.</summary>
    [Range(1, MostRepetitions)]
    public int MiddleDepth { get; init; } = 10;

    /// <summary>Width of the text's token states.</summary>
    [Range(1, MostChannels)]
    public int ContextWidth { get; init; } = 2048;

    /// <summary>Width of the sinusoids of each of the six sizes.</summary>
    [Range(2, MostChannels)]
    public int TimeIdWidth { get; init; } = 256;

    /// <summary>Width of the text's pooled state.</summary>
    [Range(1, MostChannels)]
    public int PooledWidth { get; init; } = 1280;

    /// <summary>Groups of every group normalisation.</summary>
    [Range(1, MostChannels)]
    public int NormGroups { get; init; } = 32;

    /// <summary>Epsilon of the residual blocks' and the last normalisation.</summary>
    [Range(1e-12, 1.0)]
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>The lowest variance that is added in a time step.</summary>
    [Range(1e-9, 1.0)]
    public double BetaStart { get; init; } = 0.00085;

    /// <summary>The highest variance that is added in a time step.</summary>
    [Range(1e-9, 0.999)]
    public double BetaEnd { get; init; } = 0.012;

    /// <summary>How many time steps, and so noise levels, there are.</summary>
    [Range(2, 100_000)]
    public int TimeSteps { get; init; } = 1000;

    /// <summary>Adapters that are trained in place of the weights, which belong to another file; absent is a network with weights of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdapterSettings? Adapter { get; init; }

    /// <summary>Width of the embedding of time and conditions.</summary>
    [JsonIgnore]
    public int EmbeddingWidth => 4 * Levels[0].Channels;

    /// <inheritdoc/>
    [JsonIgnore]
    public override SampleShape Shape => new(LatentChannels, SampleSize, SampleSize);

    /// <inheritdoc/>
    [JsonIgnore]
    public override int Classes => 0;

    /// <inheritdoc/>
    [JsonIgnore]
    public override EmbeddingShape? Embeddings => new(ContextWidth, PooledWidth);

    /// <inheritdoc/>
    /// <remarks>Some pictures of its training had no text.</remarks>
    [JsonIgnore]
    public override bool IsGuidable => true;

    /// <inheritdoc/>
    [JsonIgnore]
    public override NetworkSize Size => TextUnetSize.Of(this);

    /// <summary>The parameters of adapters of this network.</summary>
    /// <param name="rank">Their rank.</param>
    internal long AdapterParameters(int rank) => TextUnetSize.AdaptersOf(this, rank);

    /// <inheritdoc/>
    protected override string? FindContradiction()
    {
        if (Levels.Any(level => level.Channels is < 1 or > MostChannels || level.Channels % NormGroups != 0))
        {
            return $"the channels of levels must be multiples of norm_groups ({NormGroups}) up to {MostChannels}";
        }
        if (Levels.Any(level => level.Heads < 1 || level.Channels % level.Heads != 0))
        {
            return "the heads of levels must be divisors of their channels";
        }
        if (Levels.Any(level => level.Depth is < 0 or > MostRepetitions))
        {
            return $"the depth of levels must be 0 to {MostRepetitions}";
        }
        if (Levels[0].Channels % 2 != 0 || TimeIdWidth % 2 != 0)
        {
            return "the first level's channels and time_id_width must be even, for as many sines as cosines";
        }
        if (BetaStart >= BetaEnd)
        {
            return "beta_start must be below beta_end";
        }
        var blocks = Levels.Sum(level => ((2 * LayersPerBlock) + 1) * (1 + level.Depth)) + 2 + MiddleDepth;
        return blocks > MostBlocks ? $"levels and layers_per_block ask for {blocks} blocks where at most {MostBlocks} are built" : null;
    }
}

/// <summary>One resolution of <see cref="TextUnetSettings"/>.</summary>
/// <param name="Channels">Channels of its features.</param>
/// <param name="Heads">Attention heads, among which the channels are divided.</param>
/// <param name="Depth">Transformer blocks after each residual block; 0 where the level has no attention.</param>
public sealed record TextUnetLevel(int Channels, int Heads, int Depth);
