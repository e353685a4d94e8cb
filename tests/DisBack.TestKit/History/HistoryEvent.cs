namespace DisBack.TestKit.History;

/// <summary>What silos write into their history, under the event ids of its log records.</summary>
public enum HistoryEvent
{
    /// <summary>Owner: an attempt took the run; durable.</summary>
    AttemptBegan = 1,

    /// <summary>Owner: the attempt has the run no more; durable.</summary>
    AttemptEnded = 2,

    /// <summary>Owner: a checkpoint became head; durable.</summary>
    CheckpointCommitted = 3,

    /// <summary>Worker: the owner's acceptance of a checkpoint arrived.</summary>
    CheckpointAcknowledged = 4,

    /// <summary>Worker: the training thread has restored its state, or starts afresh at step 0.</summary>
    Resumed = 5,

    /// <summary>Something an attempt reported was refused, because the run is not its own any more.</summary>
    Fenced = 6,

    /// <summary>Owner: the run is complete; durable.</summary>
    Completed = 7,
}
