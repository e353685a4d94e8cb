using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace DisBack.Contracts.Grains;

/// <summary>
/// The accelerators of all workers: leases, the queue, and why each entry waits. Soft state, rebuilt from the workers' reports. Key:
/// <see cref="GrainKeys.Pool"/>.
/// </summary>
[Alias("disback.IAcceleratorPoolGrain")]
public interface IAcceleratorPoolGrain : IGrainWithStringKey
{
    /// <summary>A slot for the next attempt of a run, or a position in the queue. Ask again when woken, and from time to time.</summary>
    [Alias("Lease")]
    Task<LeaseReply> LeaseAsync(SlotRequest request);

    /// <summary>Gives a lease back whose thread has gone; unknown leases are ignored.</summary>
    [Alias("Release")]
    Task ReleaseAsync(string lease);

    /// <summary>
    /// Gives a lease up whose thread may still be there: its slot counts as taken until its worker reports otherwise. Unknown leases are ignored.
    /// </summary>
    [Alias("Forfeit")]
    Task ForfeitAsync(string lease);

    /// <summary>Leaves the queue; who is not in it is ignored.</summary>
    [Alias("Withdraw")]
    Task WithdrawAsync(RunKind kind, string owner);

    /// <summary>The exact condition that a run without a lease waits for, and what stands behind it; changes nothing.</summary>
    [Alias("Explain")]
    Task<ImmutableArray<string>> ExplainAsync(SlotRequest request);

    /// <summary>What a worker has and runs, every few seconds.</summary>
    /// <returns>
    /// Nothing. Workers of older versions expect digests of contents to put back here, which is why the type stays; <see cref="IContentRepairGrain"/> answers
    /// that now.
    /// </returns>
    [Alias("Report")]
    Task<ImmutableArray<string>> ReportAsync(WorkerReport report);

    /// <summary>Devices, leases and queue as they are now.</summary>
    [Alias("Get")]
    Task<PoolView> GetAsync();
}

/// <summary>A run's request for a slot.</summary>
/// <param name="Kind">What it trains.</param>
/// <param name="Owner">Its owner's key.</param>
/// <param name="Device">A device kind, <c>cpu</c> or <c>cuda</c>, or the name of one device, <c>cuda:1</c>.</param>
/// <param name="Prefers">Digests it will read: workers whose cache holds them are preferred.</param>
/// <param name="Share">How much of a slot it takes, in (0, 1].</param>
/// <param name="Avoids">
/// The <see cref="SlotLease.DeviceName"/> on which its last attempt failed, which is taken only if no other is free; null if it did not.
/// </param>
/// <param name="Attempt">Number of the attempt that is to use it; 0 where the owner does not name it.</param>
/// <param name="Slots">How many slots it needs at once, one for each worker that trains it.</param>
[GenerateSerializer, Immutable, Alias("disback.SlotRequest.v1")]
public sealed record SlotRequest(
    [property: Id(0)] RunKind Kind,
    [property: Id(1)] string Owner,
    [property: Id(2)] string Device,
    [property: Id(3)] ImmutableArray<string> Prefers,
    [property: Id(4)] double Share = 1,
    [property: Id(5)] string? Avoids = null,
    [property: Id(6)] int Attempt = 0,
    [property: Id(7)] int Slots = 1);

/// <summary>A lease, or why there is none yet.</summary>
/// <param name="Lease">The slot; null when queued.</param>
/// <param name="Reason">The exact condition that is waited for; null when leased.</param>
/// <param name="Position">Position in the queue, 1 is next; 0 when leased.</param>
[GenerateSerializer, Immutable, Alias("disback.LeaseReply.v1")]
public sealed record LeaseReply([property: Id(0)] SlotLease? Lease, [property: Id(1)] string? Reason = null, [property: Id(2)] int Position = 0);

/// <summary>The right to use a slot of a device, or several slots at once.</summary>
/// <param name="Id">Lease id.</param>
/// <param name="Worker">Silo that has the device.</param>
/// <param name="Device">Index in that worker's device table.</param>
/// <param name="DeviceName">Worker and device, for people, and the same after the worker's restart. The gateway's JSON keeps the name of version 0.1.0.</param>
/// <param name="Share">How much of a slot it takes, in (0, 1].</param>
[GenerateSerializer, Immutable, Alias("disback.SlotLease.v1")]
public sealed record SlotLease(
    [property: Id(0)] string Id, [property: Id(1)] SiloAddress Worker, [property: Id(2)] int Device, [property: Id(3),
        JsonPropertyName("place")] string DeviceName, [property: Id(4)] double Share = 1)
{
    /// <summary>The slots beside the first, of a run that needs several; they are given back with it.</summary>
    [Id(5), JsonIgnore] public ImmutableArray<LeasedSlot> Others { get; init; } = [];

    /// <summary>All slots, the first one first.</summary>
    [JsonIgnore]
    public ImmutableArray<LeasedSlot> Slots => [new(Worker, Device, DeviceName), .. Others.IsDefault ? [] : Others];
}

/// <summary>One slot of a lease.</summary>
/// <param name="Worker">Silo that has the device.</param>
/// <param name="Device">Index in that worker's device table.</param>
/// <param name="DeviceName">Worker and device, for people.</param>
[GenerateSerializer, Immutable, Alias("disback.LeasedSlot.v1")]
public sealed record LeasedSlot([property: Id(0)] SiloAddress Worker, [property: Id(1)] int Device, [property: Id(2)] string DeviceName);

/// <summary>One accelerator of a worker.</summary>
/// <param name="Index">Index in the worker's device table.</param>
/// <param name="DeviceKind"><c>cpu</c> or <c>cuda</c>. The JSON of the gateway calls it <c>kind</c>, as version 0.1.0 did.</param>
/// <param name="Name">As a spec may ask for this very device: <c>cpu</c>, <c>cuda:1</c>.</param>
/// <param name="Slots">How many runs it takes at once, or more where some take less than a slot.</param>
[GenerateSerializer, Immutable, Alias("disback.Accelerator.v1")]
public sealed record Accelerator([property: Id(0)] int Index, [property: Id(1),
    JsonPropertyName("kind")] string DeviceKind, [property: Id(2)] string Name, [property: Id(3)] int Slots);

/// <summary>A run that occupies a slot.</summary>
/// <param name="Run">Which attempt.</param>
/// <param name="Device">Index of the device.</param>
/// <param name="Share">How much of a slot it takes, in (0, 1].</param>
[GenerateSerializer, Immutable, Alias("disback.OccupiedSlot.v1")]
public sealed record OccupiedSlot([property: Id(0)] RunAttempt Run, [property: Id(1)] int Device, [property: Id(2)] double Share = 1);

/// <summary>What a worker reports to the pool.</summary>
/// <param name="Worker">Its silo.</param>
/// <param name="Name">For people.</param>
/// <param name="Devices">Its devices; none while it shuts down.</param>
/// <param name="Runs">Its runs, also those that are ending.</param>
/// <param name="Cached">Digests in its weight cache; none where the blob store is a folder of its own machine.</param>
/// <param name="Damaged">Digests that a worker of an older version found damaged; others report to <see cref="IContentRepairGrain"/>.</param>
/// <param name="Cache">How full its weight cache is; null where the blob store is a folder of its own machine, and of a worker of an older version.</param>
[GenerateSerializer, Immutable, Alias("disback.WorkerReport.v1")]
public sealed record WorkerReport(
    [property: Id(0)] SiloAddress Worker,
    [property: Id(1)] string Name,
    [property: Id(2)] ImmutableArray<Accelerator> Devices,
    [property: Id(3)] ImmutableArray<OccupiedSlot> Runs,
    [property: Id(4)] ImmutableArray<string> Cached,
    [property: Id(5)] ImmutableArray<string> Damaged,
    [property: Id(6)] CacheUse? Cache = null);

/// <summary>How full a worker's weight cache is.</summary>
/// <param name="Bytes">Bytes in it, including what is being fetched.</param>
/// <param name="Capacity">Bytes that may be in it.</param>
[GenerateSerializer, Immutable, Alias("disback.CacheUse.v1")]
public sealed record CacheUse([property: Id(0)] long Bytes, [property: Id(1)] long Capacity);

/// <summary>The pool as it is now.</summary>
/// <param name="Workers">Latest report of each worker.</param>
/// <param name="Leases">Leases by owner.</param>
/// <param name="Queue">Who waits, in order, and for what.</param>
[GenerateSerializer, Immutable, Alias("disback.PoolView.v1")]
public sealed record PoolView(
    [property: Id(0)] ImmutableArray<WorkerReport> Workers, [property: Id(1)] ImmutableArray<HeldLease> Leases, [property: Id(
        2)] ImmutableArray<QueuedRun> Queue);

/// <summary>A lease and its holder.</summary>
/// <param name="Lease">The slot.</param>
/// <param name="Kind">What the holder trains.</param>
/// <param name="Owner">The holder.</param>
[GenerateSerializer, Immutable, Alias("disback.HeldLease.v1")]
public sealed record HeldLease([property: Id(0)] SlotLease Lease, [property: Id(1)] RunKind Kind, [property: Id(2)] string Owner);

/// <summary>A run in the queue.</summary>
/// <param name="Kind">What it trains.</param>
/// <param name="Owner">Its owner's key.</param>
/// <param name="Reason">The exact condition it waits for.</param>
[GenerateSerializer, Immutable, Alias("disback.QueuedRun.v1")]
public sealed record QueuedRun([property: Id(0)] RunKind Kind, [property: Id(1)] string Owner, [property: Id(2)] string Reason);
