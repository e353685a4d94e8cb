using DisBack.Cli.Options;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Evaluations;

namespace DisBack.Cli.Students;

/// <summary>What a user asks of an evaluation.</summary>
internal sealed record EvaluationRequest
{
    /// <summary>How many images are generated.</summary>
    public required long Samples { get; init; }

    /// <summary>Seed of their noise.</summary>
    public required long Seed { get; init; }

    /// <summary>Other features than the experiment's; null for its own.</summary>
    public string? Features { get; init; }

    /// <summary>Other images to compare with than the experiment's; null for its own.</summary>
    public string? Reference { get; init; }

    /// <summary>Statistics of images in the place of images; null for the experiment's.</summary>
    public string? Statistics { get; init; }

    /// <summary>What compares images one by one.</summary>
    public QualityMeasures Measures { get; init; } = new();

    /// <summary>Whether the inception score is asked for.</summary>
    public bool InceptionScore { get; init; }

    /// <summary>Where the picture of nearest neighbours goes; null for none.</summary>
    public PictureFile? Picture { get; init; }

    /// <summary>The evaluation of an experiment with what the user says in its place.</summary>
    /// <param name="own">The experiment's evaluation.</param>
    /// <param name="resolution">Height and width of the samples.</param>
    /// <param name="channels">Channels of the samples.</param>
    public EvaluationSettings Of(EvaluationSettings own, int resolution, int channels)
    {
        var settings = own with { Features = Features ?? own.Features };
        return (Reference, Statistics) switch
        {
            ({ } images, _) => settings with { Reference = ImagesAt.Of(images, null, resolution, channels), Statistics = null },
            (_, { } statistics) => settings with { Reference = new(), Statistics = statistics },
            _ => settings,
        };
    }
}
