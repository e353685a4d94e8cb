using System.Collections.Immutable;
using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>All that a worker needs to train one attempt, from the owner's document at the moment the attempt took ownership.</summary>
[GenerateSerializer, Immutable, Alias("disback.TrainingAssignment.v1")]
public sealed record TrainingAssignment
{
    /// <summary>Whose attempt this is.</summary>
    [Id(0)] public required RunAttempt Run { get; init; }

    /// <summary>The experiment spec (stage 1 and 2) or the teacher spec, as canonical JSON.</summary>
    [Id(1)] public required string Spec { get; init; }

    /// <summary>The teacher's weights; null where a teacher is trained.</summary>
    [Id(2)] public ContentRef? Teacher { get; init; }

    /// <summary>The trajectory: sealed in stage 2; in stage 1, the nodes recorded up to the checkpoint.</summary>
    [Id(3)] public ImmutableArray<NodeRef> Nodes { get; init; } = [];

    /// <summary>Checkpoints to resume from, newest first; the first that is intact is taken. Empty starts afresh.</summary>
    [Id(4)] public ImmutableArray<CheckpointRef> Checkpoints { get; init; } = [];

    /// <summary>The device to use, by index in the worker's device table.</summary>
    [Id(5)] public int Device { get; init; }

    /// <summary>How long attempts of this run train on average before they are lost; null if none was.</summary>
    [Id(6)] public TimeSpan? MeanTimeToFailure { get; init; }

    /// <summary>Since when the run waited for the slot that this attempt has; null if it did not wait.</summary>
    [Id(7)] public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>W3C trace context of the call that asked for the run; null if that was not traced.</summary>
    [Id(8)] public string? SubmittedIn { get; init; }

    /// <summary>The slots of the workers that train it together, by rank; empty where one trains it alone.</summary>
    [Id(9)] public ImmutableArray<LeasedSlot> Group { get; init; } = [];

    /// <summary>Which of the group is meant: 0 leads, and reports to the owner.</summary>
    [Id(10)] public int Rank { get; init; }

    /// <summary>The version of the worker that leads: another one may compute otherwise. Null where the worker trains alone or leads itself.</summary>
    [Id(11)] public string? LeaderVersion { get; init; }
}
