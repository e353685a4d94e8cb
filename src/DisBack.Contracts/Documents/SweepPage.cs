using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace DisBack.Contracts.Documents;

/// <summary>
/// A page of the trials of a search: where each lies in the space, written before it is submitted, and what came of it. Key: <c>{sweep id}/{page}</c>.
/// State name <c>sweep-page</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("disback.SweepPage.v1")]
public sealed record SweepPage
{
    /// <summary>Trials of a full page: one write stays small, however many trials there are.</summary>
    public const int Size = 128;

    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The trials in the order of their ordinals, without gaps.</summary>
    [Id(1)] public ImmutableArray<SweepTrial> Trials { get; init; } = [];
}

/// <summary>One trial of a search.</summary>
[GenerateSerializer, Immutable, Alias("disback.SweepTrial.v1")]
public sealed record SweepTrial
{
    /// <summary>Its number in the sweep, from 0.</summary>
    [Id(0)] public int Ordinal { get; init; }

    /// <summary>Where it lies: for each axis that counts the index of a choice, or the number.</summary>
    [Id(1)] public ImmutableSortedDictionary<string, double> Point { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Where its run stood when this was written.</summary>
    [Id(2)] public RunStatus Status { get; init; }

    /// <summary>The value of the objective; null until the trial is complete, and where it has not measured it.</summary>
    [Id(3)] public double? Value { get; init; }

    /// <summary>Newest attempt.</summary>
    [Id(4)] public int Attempt { get; init; }

    /// <summary>How far it has come.</summary>
    [Id(5)] public long Step { get; init; }

    /// <summary>Total steps; 0 until known.</summary>
    [Id(6)] public long Steps { get; init; }

    /// <summary>When its run said so.</summary>
    [Id(7)] public DateTimeOffset Updated { get; init; }

    /// <summary>Whether its run was deleted since; its point stays, so that no other trial takes its number.</summary>
    [Id(8)] public bool Deleted { get; init; }

    /// <summary>Why it has failed without a run, or why it was pruned, in one sentence.</summary>
    [Id(9)] public string? Reason { get; init; }

    /// <summary>What it measured at each rung that it has reached; empty where trials are not stopped early.</summary>
    [Id(10)] public ImmutableArray<double> Rungs { get; init; } = [];

    /// <summary>Whether it was stopped early. It has no value then, also where it was complete before the command reached it.</summary>
    [Id(11)] public bool Pruned { get; init; }

    /// <summary>Whether it has ended and <see cref="Rungs"/> has all that it will ever have.</summary>
    [Id(12)] public bool Measured { get; init; }

    /// <summary>What it trains by its spec; null where the sweep has no budget of steps or images.</summary>
    [Id(13)] public TrialCost? Cost { get; init; }

    /// <summary>The step of the evaluation by which it was stopped early; 0 where it was not.</summary>
    [Id(14)] public long PrunedAt { get; init; }

    /// <summary>Seconds that its attempts which have ended had slots, once for each slot.</summary>
    [Id(15)] public double Seconds { get; init; }

    /// <summary>Whether nothing more is to be asked of its measurements: it has not ended, never had a run, or all of them are known.</summary>
    [JsonIgnore]
    public bool IsMeasured => Measured || Deleted || Updated == default || Status is not (RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled);
}

/// <summary>What a trial uses of the budget of its sweep.</summary>
/// <param name="Steps">Steps of stage 2.</param>
/// <param name="Images">Images that the student makes in them.</param>
[GenerateSerializer, Immutable, Alias("disback.TrialCost.v1")]
public sealed record TrialCost([property: Id(0)] long Steps, [property: Id(1)] long Images);
