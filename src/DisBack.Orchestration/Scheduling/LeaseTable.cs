using System.Collections.Immutable;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Scheduling;

/// <summary>The leases that have been granted and not yet been given back.</summary>
internal sealed class LeaseTable(TimeProvider time)
{
    // With an entry for each slot of a lease.
    private readonly Dictionary<string, ImmutableArray<GrantedLease>> _leases = [];

    public IEnumerable<GrantedLease> All => _leases.Values.SelectMany(slots => slots);

    /// <summary>Grants one lease with a slot of each of some devices, of which one may be there more than once.</summary>
    public SlotLease Grant(SlotRequest request, IReadOnlyList<DeviceCapacity> devices)
    {
        var (id, run) = (Guid.NewGuid().ToString("n"), new RunAttempt(request.Kind, request.Owner, request.Attempt));
        var slots = devices.Select(device => new SlotLease(id, device.Worker.Worker, device.Device.Index, device.DeviceName, request.Share)).ToList();
        _leases.Add(id, [.. slots.Select(slot => new GrantedLease(slot, run, time.GetTimestamp()))]);
        return slots[0] with { Others = [.. slots.Skip(1).SelectMany(slot => slot.Slots)] };
    }

    /// <returns>The slots of the lease that has been removed; none if there was none of that id.</returns>
    public ImmutableArray<GrantedLease> Remove(string lease) => _leases.Remove(lease, out var slots) ? slots : [];

    /// <summary>Removes the leases of a run, whichever attempt they were for.</summary>
    public void RemoveOf(RunKind kind, string owner) => RemoveWhere(granted => granted.Run.Kind == kind && granted.Run.Owner == owner);

    public void RemoveOn(SiloAddress worker) => RemoveWhere(granted => granted.Lease.Worker.Equals(worker));

    /// <summary>
    /// Removes leases older than a grace time whose run is not on the worker that reports: it never started, or it ended and the release was lost.
    /// </summary>
    public void RemoveUnused(WorkerReport report, TimeSpan grace) => RemoveWhere(granted =>
        granted.Lease.Worker.Equals(report.Worker) && time.GetElapsedTime(granted.Since) > grace && !report.Runs.Any(granted.Covers));

    public List<GrantedLease> On(SiloAddress worker, Accelerator device) =>
        [.. All.Where(granted => granted.Lease.Worker.Equals(worker) && granted.Lease.Device == device.Index)];

    private void RemoveWhere(Func<GrantedLease, bool> condition)
    {
        foreach (var (id, slots) in _leases.ToList())
        {
            var left = slots.RemoveAll(slot => condition(slot));
            if (left.IsEmpty)
            {
                _leases.Remove(id);
            }
            else
            {
                _leases[id] = left;
            }
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
