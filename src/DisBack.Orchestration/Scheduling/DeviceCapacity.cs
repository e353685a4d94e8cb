using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Scheduling;

/// <summary>A device and what is left of its slots.</summary>
internal sealed class DeviceCapacity(WorkerReport worker, IReadOnlySet<string> cached, Accelerator device)
{
    public WorkerReport Worker { get; } = worker;

    /// <summary>Digests in the worker's weight cache.</summary>
    public IReadOnlySet<string> Cached { get; } = cached;

    public Accelerator Device { get; } = device;

    /// <summary>For people, and the same after the worker's restart.</summary>
    public string DeviceName => $"{Worker.Name} {Device.Name}";

    public double Free { get; set; }
}
