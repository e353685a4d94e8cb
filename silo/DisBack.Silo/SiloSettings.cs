using DisBack.Contracts.Grains;
using DisBack.Contracts.Hosting;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;

namespace DisBack.Silo;

/// <summary>
/// All that can be configured: in <c>appsettings.json</c>, by environment variables with the prefix <c>DISBACK_</c> and <c>__</c> between levels
/// (<c>DISBACK_CLUSTER__REDIS</c>), or on the command line (<c>--Cluster:Redis</c>); the later wins.
/// </summary>
internal sealed class SiloSettings
{
    /// <summary>What the silo is for. Default: both.</summary>
    public SiloRole Role { get; set; } = SiloRole.Both;

    /// <summary>Its name in logs, metrics and lists. Default: the machine's name.</summary>
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>Which cluster it belongs to.</summary>
    public ClusterSettings Cluster { get; set; } = new();

    /// <summary>Where it listens.</summary>
    public EndpointSettings Endpoints { get; set; } = new();

    /// <summary>Where everything durable lies.</summary>
    public BlobStoreOptions Blobs { get; set; } = new();

    /// <summary>
    /// Whether the supervisor (<c>--supervise</c>) keeps a second process ready to take over when the silo dies. Default: yes. It costs memory of the machine,
    /// about 330 MiB for a worker and less for a control silo, and none of the accelerator.
    /// </summary>
    public bool Standby { get; set; } = true;

    /// <summary>
    /// Whether operators may see the silo in the dashboard of Orleans; the same for all silos of a cluster. Default: yes. It costs about half a percent of a
    /// core and 5 MiB.
    /// </summary>
    public bool OrleansDashboard { get; set; } = true;

    /// <summary>What a worker has.</summary>
    public WorkerSettings Worker { get; set; } = new();

    /// <summary>How dead silos are noticed.</summary>
    public DetectionSettings Detection { get; set; } = new();

    /// <summary>How a worker trains; the defaults are those of a cluster.</summary>
    public TrainingOptions Training { get; set; } = OfCluster(new());

    /// <summary>When failed attempts are followed by others.</summary>
    public RetryOptions Retry { get; set; } = new();

    /// <summary>How the owners of unfinished runs are kept awake.</summary>
    public SupervisionOptions Supervision { get; set; } = new();

    /// <summary>The worker's accelerator as the pool sees it.</summary>
    /// <exception cref="DisBackException">This machine has no such device.</exception>
    public Accelerator Device => Accelerators.Open(Worker.Accelerator, Worker.Slots);

    /// <summary>See <see cref="WorkerSettings.Scratch"/>.</summary>
    public string ScratchFolder => Worker.Scratch ?? FolderOfMine("scratch");

    /// <summary>See <see cref="WorkerSettings.Cache"/>.</summary>
    public string CacheFolder => Worker.Cache ?? FolderOfMine("cache");

    /// <summary>What differs in a cluster from one process: calls cost something, and a store or a silo may be away for a while.</summary>
    public static TrainingOptions OfCluster(TrainingOptions training)
    {
        training.Heartbeat = TimeSpan.FromSeconds(5);
        training.Report = TimeSpan.FromSeconds(2);
        training.StorageGrace = TimeSpan.FromMinutes(2);
        training.PoolSettle = TimeSpan.FromSeconds(5);
        training.Drain = TimeSpan.FromSeconds(45);
        return training;
    }

    /// <summary>In the file system of a local blob store, so that a finished checkpoint is moved and not copied.</summary>
    private string FolderOfMine(string use) => Path.Combine(Blobs.Folder ?? Path.Combine(Path.GetTempPath(), "disback"), "silos", Name, use);
}

/// <summary>Where a silo listens. None of these ports is for outsiders: whoever reaches one of the first two can do everything.</summary>
internal sealed class EndpointSettings
{
    /// <summary>Address or host name under which other silos and the HTTP gateway find it; it listens there only. Default: loopback.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port for the other silos.</summary>
    public int Silo { get; set; } = 11111;

    /// <summary>Port for the HTTP gateway's cluster client.</summary>
    public int Gateway { get; set; } = 30000;

    /// <summary>Port for health (<c>/health/live</c>, <c>/health/ready</c>) and metrics (<c>/metrics</c>).</summary>
    public int Http { get; set; } = 8080;
}

/// <summary>What a worker has.</summary>
internal sealed class WorkerSettings
{
    /// <summary>The one accelerator of this process: <c>cpu</c> or <c>cuda:N</c>. Default: the CPU.</summary>
    public string Accelerator { get; set; } = "cpu";

    /// <summary>How many runs it takes at once, more where some take less than a slot. Default: one.</summary>
    public int Slots { get; set; } = 1;

    /// <summary>
    /// Whether the worker trains a miniature run before it offers its accelerator, so that the first run finds libtorch loaded and all code compiled. It takes
    /// about four seconds of a processor at every start. Default: yes.
    /// </summary>
    public bool WarmUp { get; set; } = true;

    /// <summary>
    /// A folder of this process alone for checkpoints on their way to the store. Default: beside the blobs' folder, or in the system's temporary folder.
    /// </summary>
    public string? Scratch { get; set; }

    /// <summary>A folder of this process alone for weights that it reads. Default: like the scratch folder.</summary>
    public string? Cache { get; set; }

    /// <summary>Bytes that the cache may hold. Default: 32 GiB.</summary>
    public long CacheBytes { get; set; } = 32L << 30;
}

/// <summary>
/// How dead silos are noticed. A process that is killed or silent is declared dead within
/// <see cref="WorstCase"/>, and at once when it comes back under its old endpoint. Quicker is not better: training loses at most the
/// steps since the last checkpoint, but a false verdict ends healthy runs.
/// </summary>
internal sealed class DetectionSettings
{
    /// <summary>How long a silo may take to answer a probe. Default: two seconds.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The longest that a time-out may adapt to. A connection that delivered something within <see cref="MissedProbes"/> times this counts as
    /// healthy, also that of a process killed since. Default: three seconds.
    /// </summary>
    public TimeSpan MaxProbeTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Probes in a row that may go unanswered. Default: two.</summary>
    public int MissedProbes { get; set; } = 2;

    /// <summary>
    /// How often a silo reads the membership table besides the notices of changes: a notice can be lost with the silo that died. Default: three
    /// seconds.
    /// </summary>
    public TimeSpan TableRefresh { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How often a silo renews its entry of the membership table. One that did not for three times as long is dead on a single vote, and is not waited for by a
    /// cluster
    /// that starts cold. Default: two seconds.
    /// </summary>
    public TimeSpan IAmAlive { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a silo looks whether the table still has it. Default: five seconds.</summary>
    public TimeSpan Guard { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest time in which a silent silo is declared dead: after its last heartbeat in the membership table has aged, the probes must go unanswered.
    /// </summary>
    public TimeSpan WorstCase => 2 * MissedProbes * MaxProbeTimeout;
}
