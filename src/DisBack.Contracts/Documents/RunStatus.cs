namespace DisBack.Contracts.Documents;

/// <summary>Where a run stands. A trial passes through all of them, a teacher or a trajectory skips <see cref="Recording"/>.</summary>
[GenerateSerializer, Alias("disback.RunStatus.v1")]
public enum RunStatus
{
    /// <summary>Known, nothing done yet.</summary>
    Pending,

    /// <summary>Waits for its trajectory, which stage 1 is recording.</summary>
    Recording,

    /// <summary>Waits for a slot, or for the time of its next attempt.</summary>
    Queued,

    /// <summary>An attempt owns the run and has not reported yet.</summary>
    Starting,

    /// <summary>An attempt reports progress.</summary>
    Running,

    /// <summary>Stopped on request with its state kept.</summary>
    Paused,

    /// <summary>Done; terminal.</summary>
    Completed,

    /// <summary>Given up after an error; only an explicit resume starts it again.</summary>
    Failed,

    /// <summary>Given up on request; terminal.</summary>
    Cancelled,
}

/// <summary>Questions about a <see cref="RunStatus"/>.</summary>
public static class RunStatusExtensions
{
    /// <summary>Whether nothing will happen without a new command.</summary>
    public static bool IsSettled(this RunStatus status) =>
        status is RunStatus.Paused or RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;
}
