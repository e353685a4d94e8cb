namespace DisBack.Contracts.Documents;

/// <summary>Why an attempt ended before its run was complete. The retry policy looks at this and at nothing else.</summary>
[GenerateSerializer, Alias("disback.FailureCause.v1")]
public enum FailureCause
{
    /// <summary>The program threw something nobody expected.</summary>
    Crash,

    /// <summary>Memory of the machine or of the device ran out.</summary>
    OutOfMemory,

    /// <summary>A loss, gradient or weight stopped being finite, or the student collapsed. Deterministic, so it is never retried by itself.</summary>
    Diverged,

    /// <summary>A file or blob could not be read or written.</summary>
    Storage,

    /// <summary>The worker is gone, or no heartbeat came in time.</summary>
    Lost,

    /// <summary>The spec, a weight file or the data set does not fit what the program needs; trying again cannot help.</summary>
    Invalid,

    /// <summary>Asked for: pause, cancel, or the worker shutting down.</summary>
    Stopped,
}
