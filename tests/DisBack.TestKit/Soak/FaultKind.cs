namespace DisBack.TestKit.Soak;

/// <summary>What a soak does to a cluster.</summary>
public enum FaultKind
{
    /// <summary>SIGKILL of a worker.</summary>
    KillWorker,

    /// <summary>SIGKILL of a control silo.</summary>
    KillControl,

    /// <summary>SIGKILL of all control silos at once.</summary>
    KillAllControls,

    /// <summary>SIGKILL of every silo, and the end of who keeps the membership.</summary>
    KillEverything,

    /// <summary>SIGSTOP and SIGCONT of a worker, too soon for anybody to give it up.</summary>
    FreezeWorkerShortly,

    /// <summary>SIGSTOP and SIGCONT of a worker, so long that it comes back from the dead.</summary>
    FreezeWorkerLong,

    /// <summary>SIGSTOP and SIGCONT of a control silo.</summary>
    FreezeControl,

    /// <summary>SIGTERM of a worker, which drains.</summary>
    TerminateWorker,

    /// <summary>SIGTERM of a control silo.</summary>
    TerminateControl,

    /// <summary>SIGKILL and restart of Redis; where tables keep the membership, one of the ways in which a storage account fails.</summary>
    FailMembership,

    /// <summary>Who keeps the membership forgets everything.</summary>
    ForgetMembership,

    /// <summary>Azurite ends and starts again; the proxy answers 502 meanwhile.</summary>
    StopBlobs,

    /// <summary>The blob store's address refuses connections.</summary>
    RefuseBlobs,

    /// <summary>The blob store answers 503.</summary>
    BusyBlobs,

    /// <summary>The blob store takes two seconds for everything.</summary>
    SlowBlobs,

    /// <summary>The blob store drops connections.</summary>
    DropBlobs,

    /// <summary>SIGSTOP and SIGCONT of Azurite: it takes connections and answers nothing.</summary>
    HangBlobs,

    /// <summary>The blob store does everything and its answers are lost.</summary>
    LoseBlobAnswers,

    /// <summary>The disk on which a worker writes its checkpoints has no byte left.</summary>
    FillDisk,

    /// <summary>A bit flips in a file of a worker's cache.</summary>
    FlipCachedBit,

    /// <summary>A bit flips in the stored head checkpoint of a run, which has older ones.</summary>
    FlipStoredBit,

    /// <summary>The stored head checkpoint of a run, which has older ones, is cut short.</summary>
    TearStored,

    /// <summary>A worker can neither receive nor send.</summary>
    CutWorkerOff,

    /// <summary>A worker can send but receives nothing.</summary>
    DeafenWorker,

    /// <summary>A worker receives but cannot send.</summary>
    MuteWorker,
}
