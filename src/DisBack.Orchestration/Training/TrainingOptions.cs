using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Training;

/// <summary>How a worker trains.</summary>
public sealed class TrainingOptions
{
    /// <summary>The devices. One CPU with one slot unless set.</summary>
    public IList<Accelerator> Devices { get; } = [];

    /// <summary>
    /// Where checkpoints are written before they are stored: a folder of this process alone. It should be in the file system of a local blob store.
    /// </summary>
    public string Scratch { get; set; } = "";

    /// <summary>The part of the scratch folder that is emptied at the start; not all of it, because it may be a whole disk, or hold files of others.</summary>
    internal string AttemptsFolder => Path.Combine(Scratch, "attempts");

    /// <summary>How often a heartbeat is sent to the owner. Half a second unless set; clusters use five seconds.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A run whose owner accepted no heartbeat for this long stops itself. Two minutes unless set.</summary>
    public TimeSpan DeadMan { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A thread that made no progress for this long hangs, and no more heartbeats are sent for it. Two hours unless set: loading data and the longest step or
    /// evaluation must fit in.
    /// </summary>
    public TimeSpan Hung { get; set; } = TimeSpan.FromHours(2);

    /// <summary>An attempt that sent no heartbeat for this long is lost to its owner. 45 seconds unless set.</summary>
    public TimeSpan Stale { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How often an owner checks its run. Five seconds unless set.</summary>
    public TimeSpan Supervise { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a run goes on trying while the blob store fails, before the attempt fails. None unless set; clusters use two minutes.</summary>
    public TimeSpan StorageGrace { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How long runs may take to reach a committed checkpoint when the worker shuts down, before they stop without one. Four minutes unless set; clusters use
    /// 45 seconds.
    /// </summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromMinutes(4);

    /// <summary>
    /// How long a pool that has just been activated waits for the workers' reports before it gives out slots, unless all have reported earlier. None unless
    /// set; clusters use five seconds.
    /// </summary>
    public TimeSpan PoolSettle { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How often a worker reports its devices to the pool. Five seconds unless set, in clusters two; the pool forgets a worker that was silent four times as
    /// long.
    /// </summary>
    public TimeSpan Report { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a model of pictures stays in memory after its last drawing, unless something else takes a slot of its device. Five minutes unless set.
    /// </summary>
    public TimeSpan ModelIdle { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a drawing is kept after it has settled; its pictures stay in the content store as long. One day unless set.</summary>
    public TimeSpan DrawingsKept { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Whether no other process will ever bring slots: a run of several workers is trained by one, then, if there are too few for it. Not unless set; the
    /// one-process size sets it.
    /// </summary>
    public bool IsAlone { get; set; }

    /// <summary>The part of the scratch folder where folders of models are put together from contents.</summary>
    internal string ModelsFolder => Path.Combine(Scratch, "models");
}
