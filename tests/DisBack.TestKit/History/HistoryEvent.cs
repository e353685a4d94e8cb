namespace DisBack.TestKit.History;

/// <summary>What silos write into their history.</summary>
public enum HistoryEvent
{
    /// <summary>Owner: an attempt took the run; durable.</summary>
    AttemptBegan,

    /// <summary>Owner: the attempt has the run no more; durable.</summary>
    AttemptEnded,

    /// <summary>Owner: a checkpoint became head; durable.</summary>
    CheckpointCommitted,

    /// <summary>Worker: the owner's acceptance of a checkpoint arrived.</summary>
    CheckpointAcknowledged,

    /// <summary>Worker: the training thread has restored its state, or starts afresh at step 0.</summary>
    Resumed,

    /// <summary>Something an attempt said was refused, because the run is not its own any more.</summary>
    Fenced,

    /// <summary>Owner: the run is complete; durable.</summary>
    Completed,
}
