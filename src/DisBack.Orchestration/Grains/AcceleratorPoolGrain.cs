using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.Options;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IAcceleratorPoolGrain"/>
[GrainType("accelerator-pool")]
internal sealed class AcceleratorPoolGrain(IOptions<TrainingOptions> options, TimeProvider time) : Grain, IAcceleratorPoolGrain
{
    private readonly Dictionary<SiloAddress, Worker> _workers = [];
    private readonly Dictionary<string, Held> _leases = [];
    private readonly List<Waiting> _queue = [];
    private readonly long _started = time.GetTimestamp();

    /// <summary>A worker, or an entry of the queue, that was silent for this long is forgotten.</summary>
    private TimeSpan Silence => options.Value.Report * 4;

    public Task<LeaseReply> LeaseAsync(SlotRequest request)
    {
        Forget();
        // Who asks has no attempt: a lease that it still seems to have was lost on the way.
        foreach (var lost in _leases.Where(held => held.Value.IsOf(request.Kind, request.Owner)).Select(held => held.Key).ToList()) _leases.Remove(lost);

        var place = _queue.FindIndex(waiting => waiting.Kind == request.Kind && waiting.Owner == request.Owner);
        var ahead = _queue.Take(place < 0 ? _queue.Count : place).Count(waiting => waiting.Device == request.Device);
        var free = FreeSlots(request.Device);
        if (time.GetElapsedTime(_started) < options.Value.PoolSettle) free.Clear();
        if (free.Count > ahead)
        {
            if (place >= 0) _queue.RemoveAt(place);
            var (worker, device) = free
                .OrderByDescending(slot => request.Prefers.Count(slot.Worker.Cached.Contains))
                .ThenBy(slot => slot.Worker.Runs.Length)
                .First();
            var lease = new SlotLease(Guid.NewGuid().ToString("n"), worker.Worker, device.Index, $"{worker.Name} {device.Name}");
            _leases.Add(lease.Id, new Held(lease, request.Kind, request.Owner, time.GetTimestamp()));
            Telemetry.Queued.Record(_queue.Count);
            return Task.FromResult(new LeaseReply(lease));
        }
        var entry = new Waiting(request.Kind, request.Owner, request.Device, Reason(request.Device), time.GetTimestamp());
        if (place >= 0) _queue[place] = entry;
        else _queue.Add(entry);
        Telemetry.Queued.Record(_queue.Count);
        return Task.FromResult(new LeaseReply(null, entry.Reason, ahead + 1));
    }

    public Task ReleaseAsync(string lease)
    {
        if (_leases.Remove(lease, out var held) && _workers.TryGetValue(held.Lease.Worker, out var worker))
        {
            // The thread has gone, whatever the last report says.
            var runs = worker.Report.Runs.RemoveAll(slot => held.IsOf(slot.Run.Kind, slot.Run.Owner));
            _workers[held.Lease.Worker] = worker with { Report = worker.Report with { Runs = runs } };
            WakeNext();
        }
        return Task.CompletedTask;
    }

    public Task WithdrawAsync(RunKind kind, string owner)
    {
        // Who was behind it may be next for a slot that was kept for it.
        if (_queue.RemoveAll(waiting => waiting.Kind == kind && waiting.Owner == owner) > 0) WakeNext();
        return Task.CompletedTask;
    }

    public Task ReportAsync(WorkerReport report)
    {
        _workers[report.Worker] = new Worker(report, time.GetTimestamp());
        // A lease whose run never showed up, or left without a word.
        foreach (var (id, held) in _leases.ToList())
        {
            if (held.Lease.Worker.Equals(report.Worker)
                && time.GetElapsedTime(held.Since) > Silence
                && !report.Runs.Any(slot => held.IsOf(slot.Run.Kind, slot.Run.Owner)))
            {
                _leases.Remove(id);
            }
        }
        Forget();
        WakeNext();
        return Task.CompletedTask;
    }

    public Task<PoolView> GetAsync() => Task.FromResult(new PoolView(
        [.. _workers.Values.Select(worker => worker.Report)],
        [.. _leases.Values.Select(held => new HeldLease(held.Lease, held.Kind, held.Owner))],
        [.. _queue.Select(waiting => new QueuedRun(waiting.Kind, waiting.Owner, waiting.Reason))]));

    private void Forget()
    {
        foreach (var (silo, worker) in _workers.ToList())
        {
            if (time.GetElapsedTime(worker.Heard) <= Silence) continue;
            _workers.Remove(silo);
            foreach (var (id, held) in _leases.ToList())
            {
                if (held.Lease.Worker.Equals(silo)) _leases.Remove(id);
            }
        }
        _queue.RemoveAll(waiting => time.GetElapsedTime(waiting.Asked) > Silence);
    }

    /// <summary>One entry per free slot of a kind of device.</summary>
    private List<(WorkerReport Worker, Accelerator Device)> FreeSlots(string kind) =>
    [
        .. from worker in _workers.Values
           from device in worker.Report.Devices
           where device.Kind == kind
           from slot in Enumerable.Range(0, Math.Max(0, device.Slots - Used(worker.Report, device)))
           select (worker.Report, device),
    ];

    /// <summary>Leases, and runs that go on without a lease because this pool has just woken.</summary>
    private int Used(WorkerReport worker, Accelerator device)
    {
        var leases = _leases.Values.Where(held => held.Lease.Worker.Equals(worker.Worker) && held.Lease.Device == device.Index).ToList();
        return leases.Count + worker.Runs.Count(slot => slot.Device == device.Index && !leases.Exists(held => held.IsOf(slot.Run.Kind, slot.Run.Owner)));
    }

    private string Reason(string kind)
    {
        var slots = _workers.Values.SelectMany(worker => worker.Report.Devices).Where(device => device.Kind == kind).Sum(device => device.Slots);
        return _workers.Count == 0 ? "No worker has reported yet."
            : slots == 0 ? $"No worker has a device of kind '{kind}'."
            : slots == 1 ? $"The {kind} slot is in use."
            : $"All {slots} {kind} slots are in use.";
    }

    private void WakeNext()
    {
        foreach (var kind in _queue.Select(waiting => waiting.Device).Distinct().ToList())
        {
            foreach (var waiting in _queue.Where(waiting => waiting.Device == kind).Take(FreeSlots(kind).Count))
                GrainFactory.Owner(waiting.Kind, waiting.Owner).WakeAsync().Ignore();
        }
    }

    private sealed record Worker(WorkerReport Report, long Heard);

    private sealed record Held(SlotLease Lease, RunKind Kind, string Owner, long Since)
    {
        public bool IsOf(RunKind kind, string owner) => Kind == kind && Owner == owner;
    }

    private sealed record Waiting(RunKind Kind, string Owner, string Device, string Reason, long Asked);
}
