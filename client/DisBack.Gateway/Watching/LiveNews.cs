using DisBack.Contracts.Grains;

namespace DisBack.Gateway.Watching;

/// <summary>What a viewer has not been told yet about one subject.</summary>
/// <param name="Run">The run that it is about; null where it is about the tables.</param>
internal sealed record LiveNews(RunId? Run)
{
    /// <summary>The newest snapshot of the run; null if there is none that the viewer has not seen.</summary>
    public RunUpdate? Update { get; init; }

    /// <summary>The event after which nothing comes of the run; null if more may come.</summary>
    public string? LastEvent { get; init; }

    /// <summary>The version of the tables.</summary>
    public long Version { get; init; }
}
