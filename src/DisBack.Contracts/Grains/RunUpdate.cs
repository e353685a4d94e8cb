using System.Collections.Immutable;
using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>One item of a watch: what happened since the last one, and where the run stands now.</summary>
[GenerateSerializer, Immutable, Alias("disback.RunUpdate.v1")]
public sealed record RunUpdate
{
    /// <summary>Sequence number to resume watching after.</summary>
    [Id(0)] public required long Sequence { get; init; }

    /// <summary>Where the run stands.</summary>
    [Id(1)] public required RunStatus Status { get; init; }

    /// <summary>Why it waits or failed.</summary>
    [Id(2)] public string? Reason { get; init; }

    /// <summary>Newest attempt.</summary>
    [Id(3)] public int Attempt { get; init; }

    /// <summary>Latest snapshot; while a trial waits for its trajectory, that of stage 1.</summary>
    [Id(4)] public TrainingSnapshot Progress { get; init; } = new();

    /// <summary>Events since the last item, oldest first.</summary>
    [Id(5)] public ImmutableArray<RunEvent> Events { get; init; } = [];

    /// <summary>Whether older events were already forgotten, so that the document must be read anew to know all of them.</summary>
    [Id(6)] public bool Reset { get; init; }

    /// <summary>
    /// Nothing is heard of the run's owner, so what stands here is old. No owner says this: it is put in by who watches, and gone with the next item.
    /// </summary>
    [Id(7)] public bool Unheard { get; init; }
}
