using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace DisBack.Contracts.Documents;

/// <summary>
/// One submission. A run is a sweep of one trial; the trials of a search are in pages (<see cref="SweepPage"/>). State name <c>sweep</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("disback.SweepDocument.v1")]
public sealed record SweepDocument
{
    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Sweep id, <c>{name}-{8 hexadecimal digits}</c>.</summary>
    [Id(1)] public string Id { get; init; } = "";

    /// <summary>Name that the user gave.</summary>
    [Id(2)] public string Name { get; init; } = "";

    /// <summary>The spec as it was submitted, as canonical JSON: of one experiment, or with the section <c>search</c>.</summary>
    [Id(3)] public string Spec { get; init; } = "";

    /// <summary>The teacher's weights; null where <see cref="Teachers"/> has them.</summary>
    [Id(4)] public ContentRef? Teacher { get; init; }

    /// <summary>When it was submitted first.</summary>
    [Id(5)] public DateTimeOffset Submitted { get; init; }

    /// <summary>What the user wants of all its trials.</summary>
    [Id(6)] public RunIntent Intent { get; init; }

    /// <summary>How many trials the spec stands for at most, or how many there are if the budget was used up before.</summary>
    [Id(7)] public int TrialCount { get; init; }

    /// <summary>The summary of the trial of a single run; empty for a search.</summary>
    [Id(8)] public ImmutableArray<TrialSummary> Trials { get; init; } = [];

    /// <summary>What the trials of a search have in place of the files that the spec names.</summary>
    [Id(9)] public ImmutableArray<StoredValue> Contents { get; init; } = [];

    /// <summary>The weights of each teacher that the trials of a search name.</summary>
    [Id(10)] public ImmutableSortedDictionary<string, ContentRef> Teachers { get; init; } = ImmutableSortedDictionary<string, ContentRef>.Empty;

    /// <summary>What was added to a search since it was submitted, the newest last.</summary>
    [Id(11)] public ImmutableArray<SweepAmendment> Amendments { get; init; } = [];

    /// <summary>Why a search began fewer trials than its spec stands for, in one sentence; null where it did not.</summary>
    [Id(12)] public string? Exhausted { get; init; }

    /// <summary>The spec that its trials are read by: the newest amendment's, or the one that was submitted.</summary>
    [JsonIgnore]
    public string CurrentSpec => Amendments is [.., var newest] ? newest.Spec : Spec;

    /// <summary>Whether it is a search and not a single run.</summary>
    [JsonIgnore]
    public bool IsSearch => Teachers.Count > 0;
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

    /// <summary>Latest value of each metric of a run that is complete; empty of another.</summary>
    [Id(7)] public ImmutableSortedDictionary<string, double> Latest { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Seconds that the attempts which have ended had slots, once for each slot.</summary>
    [Id(8)] public double Seconds { get; init; }
}
