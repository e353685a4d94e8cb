using System.ComponentModel.DataAnnotations;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Training;

/// <summary>How a worker trains.</summary>
public sealed class TrainingOptions
{
    /// <summary>The devices. One CPU with one slot unless set.</summary>
    public IList<Accelerator> Devices { get; } = [];

    /// <summary>Where checkpoints are written before they are stored; it should be in the file system of a local blob store.</summary>
    [Required]
    public string Scratch { get; set; } = "";

    /// <summary>Steps between two readings of the scalars, each of which waits for the device. Ten unless set.</summary>
    [Range(1, 1_000_000)]
    public int MetricsEvery { get; set; } = 10;

    /// <summary>How often a trainer tells the owner that it lives. Half a second unless set; clusters use 15 seconds.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A run whose owner accepted no heartbeat for this long stops itself. Two minutes unless set.</summary>
    public TimeSpan DeadMan { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>An attempt that sent no heartbeat for this long is taken for lost by its owner. 45 seconds unless set.</summary>
    public TimeSpan Stale { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How often an owner looks after its run. Five seconds unless set.</summary>
    public TimeSpan Supervise { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a run goes on trying while the blob store fails, before the attempt fails. None unless set; clusters use two minutes.</summary>
    public TimeSpan StorageGrace { get; set; } = TimeSpan.Zero;
}
