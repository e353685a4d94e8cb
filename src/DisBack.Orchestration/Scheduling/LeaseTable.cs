using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Scheduling;

/// <summary>The leases that have been granted and not yet been given back.</summary>
internal sealed class LeaseTable(TimeProvider time)
{
    private readonly Dictionary<string, GrantedLease> _leases = [];

    public IReadOnlyCollection<GrantedLease> All => _leases.Values;

    public SlotLease Grant(SlotRequest request, DeviceCapacity device)
    {
        var lease = new SlotLease(Guid.NewGuid().ToString("n"), device.Worker.Worker, device.Device.Index, device.DeviceName, request.Share);
        _leases.Add(lease.Id, new GrantedLease(lease, new RunAttempt(request.Kind, request.Owner, request.Attempt), time.GetTimestamp()));
        return lease;
    }

    /// <returns>The lease that has been removed; null if there was none of that id.</returns>
    public GrantedLease? Remove(string lease) => _leases.Remove(lease, out var granted) ? granted : null;

    /// <summary>Removes the leases of a run, whichever attempt they were for.</summary>
    public void RemoveOf(RunKind kind, string owner) => RemoveWhere(granted => granted.Run.Kind == kind && granted.Run.Owner == owner);

    public void RemoveOn(SiloAddress worker) => RemoveWhere(granted => granted.Lease.Worker.Equals(worker));

    /// <summary>
    /// Removes leases older than a grace time whose run is not on the worker that reports: it never started, or it ended and the release was lost.
    /// </summary>
    public void RemoveUnused(WorkerReport report, TimeSpan grace) => RemoveWhere(granted =>
        granted.Lease.Worker.Equals(report.Worker) && time.GetElapsedTime(granted.Since) > grace && !report.Runs.Any(granted.Covers));

    public List<GrantedLease> On(SiloAddress worker, Accelerator device) =>
        [.. _leases.Values.Where(granted => granted.Lease.Worker.Equals(worker) && granted.Lease.Device == device.Index)];

    private void RemoveWhere(Func<GrantedLease, bool> condition)
    {
        foreach (var id in _leases.Where(lease => condition(lease.Value)).Select(lease => lease.Key).ToList())
        {
            _leases.Remove(id);
        }
    }
}

/// <summary>A lease and the attempt that it was granted to.</summary>
internal sealed record GrantedLease(SlotLease Lease, RunAttempt Run, long Since)
{
    /// <summary>
    /// Whether the run on a worker is the one that this lease is for, and not an earlier attempt whose thread is still there. An owner of an older version
    /// does not name the attempt.
    /// </summary>
    public bool Covers(OccupiedSlot slot) => slot.Run == Run || (Run.Number == 0 && slot.Run with { Number = 0 } == Run);
}
