using System.Collections.Immutable;

namespace DisBack.Contracts.Documents;

/// <summary>
/// The durable truth about one run, shared by trials, trajectories and teachers: who owns it, how far it has come and where its state is.
/// It changes only through the ownership state machine, under the ETag of the document that holds it.
/// </summary>
[GenerateSerializer, Immutable, Alias("disback.RunRecord.v1")]
public sealed record RunRecord
{
    /// <summary>Where the run stands.</summary>
    [Id(0)] public RunStatus Status { get; init; }

    /// <summary>What the user wants.</summary>
    [Id(1)] public RunIntent Intent { get; init; }

    /// <summary>Why it waits, or why it failed, in one sentence.</summary>
    [Id(2)] public string? Reason { get; init; }

    /// <summary>When it was first asked for.</summary>
    [Id(3)] public DateTimeOffset Submitted { get; init; }

    /// <summary>When it settled last; null while it is active.</summary>
    [Id(4)] public DateTimeOffset? Ended { get; init; }

    /// <summary>Number of the newest attempt; 0 before the first. Only grows.</summary>
    [Id(5)] public int Attempt { get; init; }

    /// <summary>The newest attempts, oldest first; at most <see cref="MaxAttempts"/>.</summary>
    [Id(6)] public ImmutableArray<Attempt> Attempts { get; init; } = [];

    /// <summary>Attempts that failed one after another without a new checkpoint.</summary>
    [Id(7)] public int Failures { get; init; }

    /// <summary>Not before this time may the next attempt start.</summary>
    [Id(8)] public DateTimeOffset? RetryAt { get; init; }

    /// <summary>The committed checkpoints, newest first: [0] is the head, the others are there to fall back on.</summary>
    [Id(9)] public ImmutableArray<CheckpointRef> Checkpoints { get; init; } = [];

    /// <summary>Total steps of the run as its program counts them; 0 until an attempt reported.</summary>
    [Id(10)] public long Steps { get; init; }

    /// <summary>Seconds that attempts which ended have had slots: their wall-clock time, once for each slot.</summary>
    [Id(11)] public double Seconds { get; init; }

    /// <summary>Target switches so far, oldest first. Those after the head checkpoint are repeated, identically, by a resumed attempt.</summary>
    [Id(12)] public ImmutableArray<SwitchRecord> Switches { get; init; } = [];

    /// <summary>Files left behind, by name.</summary>
    [Id(13)] public ImmutableSortedDictionary<string, ArtifactRef> Artifacts { get; init; } = ImmutableSortedDictionary<string, ArtifactRef>.Empty;

    /// <summary>Latest value of each metric.</summary>
    [Id(14)] public ImmutableSortedDictionary<string, MetricValue> Latest { get; init; } = ImmutableSortedDictionary<string, MetricValue>.Empty;

    /// <summary>Lowest value of each metric where lower is better (<see cref="MetricNames"/>).</summary>
    [Id(15)] public ImmutableSortedDictionary<string, MetricValue> Best { get; init; } = ImmutableSortedDictionary<string, MetricValue>.Empty;

    /// <summary>The newest events, oldest first; at most <see cref="MaxEvents"/>.</summary>
    [Id(16)] public ImmutableArray<RunEvent> Events { get; init; } = [];

    /// <summary>Sequence number of the newest event.</summary>
    [Id(17)] public long Sequence { get; init; }

    /// <summary>What kind of failure ended it; null unless it has failed.</summary>
    [Id(18)] public FailureCause? Cause { get; init; }

    /// <summary>
    /// Digests of what the run had made and what was lost since: they are being made again, and other bytes in their place are refused. Empty unless it is
    /// repaired.
    /// </summary>
    [Id(19)] public ImmutableArray<string> Lost { get; init; } = [];

    /// <summary>W3C trace context of the call that asked for it, to which the traces of its attempts link; null if that was not traced.</summary>
    [Id(20)] public string? SubmittedIn { get; init; }

    /// <summary>The checkpoint a new attempt resumes from; null before the first.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public CheckpointRef? Head => Checkpoints.IsEmpty ? null : Checkpoints[0];

    /// <summary>The attempt that owns the run; null when none does.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Attempt? Current => Attempts is [.., { Ended: null } last] ? last : null;

    /// <summary>How many attempts a document keeps.</summary>
    public const int MaxAttempts = 64;

    /// <summary>How many events a document keeps.</summary>
    public const int MaxEvents = 256;
}
