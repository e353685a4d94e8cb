using System.Collections.Immutable;

namespace DisBack.Contracts.Documents;

/// <summary>One submission. A run is a sweep of one trial. State name <c>sweep</c>.</summary>
[GenerateSerializer, Immutable, Alias("disback.SweepDocument.v1")]
public sealed record SweepDocument
{
    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Sweep id, <c>{name}-{8 hexadecimal digits}</c>.</summary>
    [Id(1)] public string Id { get; init; } = "";

    /// <summary>Name that the user gave.</summary>
    [Id(2)] public string Name { get; init; } = "";

    /// <summary>The spec as canonical JSON.</summary>
    [Id(3)] public string Spec { get; init; } = "";

    /// <summary>The teacher's weights.</summary>
    [Id(4)] public ContentRef? Teacher { get; init; }

    /// <summary>When it was submitted first.</summary>
    [Id(5)] public DateTimeOffset Submitted { get; init; }

    /// <summary>What the user wants of all its trials.</summary>
    [Id(6)] public RunIntent Intent { get; init; }

    /// <summary>How many trials the spec stands for.</summary>
    [Id(7)] public int TrialCount { get; init; }

    /// <summary>Summaries of the trials submitted so far, by ordinal.</summary>
    [Id(8)] public ImmutableArray<TrialSummary> Trials { get; init; } = [];
}

/// <summary>What a list shows of a trial.</summary>
[GenerateSerializer, Immutable, Alias("disback.TrialSummary.v1")]
public sealed record TrialSummary
{
    /// <summary>Trial id.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(1)] public RunStatus Status { get; init; }

    /// <summary>Newest attempt.</summary>
    [Id(2)] public int Attempt { get; init; }

    /// <summary>Step of the head checkpoint or of the latest report, whichever is later.</summary>
    [Id(3)] public long Step { get; init; }

    /// <summary>Total steps; 0 until known.</summary>
    [Id(4)] public long Steps { get; init; }

    /// <summary>Best Fréchet distance so far.</summary>
    [Id(5)] public double? BestFid { get; init; }

    /// <summary>When this summary was made.</summary>
    [Id(6)] public DateTimeOffset Updated { get; init; }
}
