namespace DisBack.Orchestration.Placement;

/// <summary>What a silo is for.</summary>
[Flags]
public enum SiloRole
{
    /// <summary>Holds the truth: sweeps, trials, teachers, trajectories and the pool of accelerators. Needs no accelerator.</summary>
    Control = 1,

    /// <summary>Trains: one accelerator, and nothing that a CUDA abort or the out-of-memory killer must not take along.</summary>
    Worker = 2,

    /// <summary>Both, in a cluster of few machines.</summary>
    Both = Control | Worker,
}
