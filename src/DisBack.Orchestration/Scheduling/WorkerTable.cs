using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Scheduling;

/// <summary>The latest report of each worker, and what its devices have left.</summary>
internal sealed class WorkerTable(TimeProvider time)
{
    private readonly Dictionary<SiloAddress, Entry> _workers = [];

    public IEnumerable<WorkerReport> Reports => _workers.Values.Select(worker => worker.Report);

    /// <summary>Their devices.</summary>
    public IEnumerable<Accelerator> Devices => Reports.SelectMany(report => report.Devices);

    /// <summary>The kinds of their devices.</summary>
    public IEnumerable<string> Kinds => Devices.Select(device => device.DeviceKind).Distinct();

    public bool IsEmpty => _workers.Count == 0;

    public bool Has(SiloAddress worker) => _workers.ContainsKey(worker);

    public void Put(WorkerReport report) => _workers[report.Worker] = new Entry(report, [.. report.Cached], time.GetTimestamp());

    /// <summary>
    /// Corrects a worker's latest report when a lease ends, because whoever ends the lease knows more recent facts; the next report replaces the correction.
    /// </summary>
    /// <param name="ended">The slots of the lease.</param>
    /// <param name="exited">Whether the run's thread has exited; otherwise its slot stays occupied.</param>
    public void Correct(IEnumerable<GrantedLease> ended, bool exited)
    {
        foreach (var slots in ended.GroupBy(slot => slot.Lease.Worker))
        {
            if (!_workers.TryGetValue(slots.Key, out var worker))
            {
                continue;
            }
            var runs = worker.Report.Runs.RemoveAll(run => slots.Any(slot => slot.Covers(run)));
            if (!exited)
            {
                runs = runs.AddRange(slots.Select(slot => new OccupiedSlot(slot.Run, slot.Lease.Device, slot.Lease.Share)));
            }
            _workers[slots.Key] = worker with { Report = worker.Report with { Runs = runs } };
        }
    }

    /// <summary>Removes workers that have not reported for too long, or are dead.</summary>
    /// <returns>Those that were removed.</returns>
    public IReadOnlyList<SiloAddress> RemoveSilent(TimeSpan silence, Func<SiloAddress, bool> isDead)
    {
        var gone = _workers.Where(worker => time.GetElapsedTime(worker.Value.Reported) > silence || isDead(worker.Key)).Select(worker => worker.Key).ToList();
        gone.ForEach(worker => _workers.Remove(worker));
        return gone;
    }

    public List<DeviceCapacity> Capacities(LeaseTable leases) =>
    [
        .. from worker in _workers.Values
           from device in worker.Report.Devices
           select new DeviceCapacity(worker.Report, worker.Cached, device) { Free = device.Slots - Used(worker.Report, device, leases) },
    ];

    /// <summary>One sentence for each device that fits a request: which runs use it.</summary>
    public IEnumerable<string> Users(SlotRequest request, LeaseTable leases) =>
        from worker in Reports
        from device in worker.Devices
        where Allotment.Fits(request, device)
        let granted = leases.On(worker.Worker, device)
        let owners = granted.Select(lease => lease.Run.Owner).Concat(Unleased(worker, device, granted).Select(slot => slot.Run.Owner))
        select $"{worker.Name} {device.Name}: {string.Join(", ", owners.DefaultIfEmpty("free"))}.";

    /// <summary>Leases, and runs without a lease, which were started before this pool's activation.</summary>
    private static double Used(WorkerReport worker, Accelerator device, LeaseTable leases)
    {
        var granted = leases.On(worker.Worker, device);
        return granted.Sum(lease => lease.Lease.Share) + Unleased(worker, device, granted).Sum(slot => slot.Share);
    }

    private static IEnumerable<OccupiedSlot> Unleased(WorkerReport worker, Accelerator device, List<GrantedLease> leases) =>
        worker.Runs.Where(slot => slot.Device == device.Index && !leases.Exists(lease => lease.Covers(slot)));

    private sealed record Entry(WorkerReport Report, HashSet<string> Cached, long Reported);
}
