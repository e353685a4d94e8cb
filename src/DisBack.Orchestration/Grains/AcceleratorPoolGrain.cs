using System.Collections.Immutable;
using System.Globalization;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.Options;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IAcceleratorPoolGrain"/>
[GrainType("accelerator-pool"), PlacedOn(SiloRole.Control)]
internal sealed class AcceleratorPoolGrain(IOptions<TrainingOptions> options, IClusterMembershipService membership, ISiloMetadataCache metadata, TimeProvider time)
    : Grain, IAcceleratorPoolGrain
{
    private readonly Dictionary<SiloAddress, Worker> _workers = [];
    private readonly Dictionary<string, Held> _leases = [];
    private readonly List<Waiting> _queue = [];
    private readonly long _started = time.GetTimestamp();

    private readonly Dictionary<string, Damage> _damaged = [];

    /// <summary>A worker that was silent for this long is forgotten.</summary>
    private TimeSpan Silence => options.Value.Report * 4;

    /// <summary>The same for an entry of the queue, whose owner asks again whenever it looks after its run.</summary>
    private TimeSpan QueueSilence => options.Value.Supervise * 3 > Silence ? options.Value.Supervise * 3 : Silence;

    /// <summary>A pool that has just woken does not know what runs where before every worker has reported, or has had the time to.</summary>
    private bool Settled => time.GetElapsedTime(_started) >= options.Value.PoolSettle || membership.CurrentSnapshot.Members.Values.All(member =>
        member.Status != SiloStatus.Active || _workers.ContainsKey(member.SiloAddress) || !RoleFilterDirector.Has(metadata, member.SiloAddress, SiloRole.Worker));

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // From now on another silo knows how many wait.
        Telemetry.Queued.Record(0);
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<LeaseReply> LeaseAsync(SlotRequest request)
    {
        Forget();
        // Who asks has no attempt: a lease that it still seems to have was lost on the way.
        foreach (var lost in _leases.Where(held => held.Value.Run.Kind == request.Kind && held.Value.Run.Owner == request.Owner).Select(held => held.Key).ToList()) _leases.Remove(lost);

        var place = PlaceOf(request);
        var (slot, ahead) = Choose(request);
        if (slot is { } found)
        {
            if (place >= 0) _queue.RemoveAt(place);
            var worker = found.Worker;
            var lease = new SlotLease(Guid.NewGuid().ToString("n"), worker.Worker, found.Device.Index, found.Place, request.Share);
            _leases.Add(lease.Id, new Held(lease, new RunAttempt(request.Kind, request.Owner, request.Attempt), time.GetTimestamp()));
            Telemetry.Queued.Record(_queue.Count);
            return Task.FromResult(new LeaseReply(lease));
        }
        var entry = new Waiting(request, Reason(request), time.GetTimestamp());
        if (place >= 0) _queue[place] = entry;
        else _queue.Add(entry);
        Telemetry.Queued.Record(_queue.Count);
        return Task.FromResult(new LeaseReply(null, entry.Reason, ahead + 1));
    }

    public Task ReleaseAsync(string lease)
    {
        EndLease(lease, isGone: true);
        WakeNext();
        return Task.CompletedTask;
    }

    public Task ForfeitAsync(string lease)
    {
        EndLease(lease, isGone: false);
        return Task.CompletedTask;
    }

    public Task WithdrawAsync(RunKind kind, string owner)
    {
        // Who was behind it may be next for a slot that was kept for it.
        if (_queue.RemoveAll(waiting => waiting.Request.Kind == kind && waiting.Request.Owner == owner) > 0) WakeNext();
        Telemetry.Queued.Record(_queue.Count);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<string>> ExplainAsync(SlotRequest request)
    {
        Forget();
        var (slot, ahead) = Choose(request);
        if (slot is { } free) return Task.FromResult<ImmutableArray<string>>([$"A slot is free on {free.Place}; it starts in a moment."]);
        var position = ahead == 0 ? "It is the next in the queue." : string.Create(CultureInfo.InvariantCulture, $"{ahead} {(ahead == 1 ? "run is" : "runs are")} ahead of it in the queue.");
        var users =
            from worker in _workers.Values
            from device in worker.Report.Devices
            where Fits(request, device)
            select $"{worker.Report.Name} {device.Name}: {string.Join(", ", UsersOf(worker.Report, device).DefaultIfEmpty("free"))}.";
        return Task.FromResult<ImmutableArray<string>>([$"It waits for a slot: {Reason(request)}", position, .. users.Order(StringComparer.Ordinal)]);
    }

    public Task<ImmutableArray<string>> ReportAsync(WorkerReport report)
    {
        _workers[report.Worker] = new Worker(report, [.. report.Cached], time.GetTimestamp());
        // A lease whose run never showed up, or left without a word.
        foreach (var (id, held) in _leases.ToList())
        {
            if (held.Lease.Worker.Equals(report.Worker)
                && time.GetElapsedTime(held.Since) > Silence
                && !report.Runs.Any(held.Covers))
            {
                _leases.Remove(id);
            }
        }
        Forget();
        Telemetry.Queued.Record(_queue.Count);
        WakeNext();
        return Task.FromResult(HealedBy(report));
    }

    /// <summary>Who knows better than the worker's last report corrects it; the next report is the truth again.</summary>
    private void EndLease(string lease, bool isGone)
    {
        if (!_leases.Remove(lease, out var held) || !_workers.TryGetValue(held.Lease.Worker, out var worker)) return;
        var runs = worker.Report.Runs.RemoveAll(held.Covers);
        if (!isGone) runs = runs.Add(new OccupiedSlot(held.Run, held.Lease.Device, held.Lease.Share));
        _workers[held.Lease.Worker] = worker with { Report = worker.Report with { Runs = runs } };
    }

    /// <summary>What others have found damaged and this worker has: every worker with a copy is asked once, for the copy may be damaged too.</summary>
    private ImmutableArray<string> HealedBy(WorkerReport report)
    {
        foreach (var (digest, damage) in _damaged.ToList())
        {
            if (time.GetElapsedTime(damage.Told) > DamageMemory) _damaged.Remove(digest);
        }
        // A worker of an older version does not say.
        foreach (var digest in report.Damaged.IsDefault ? [] : report.Damaged) _damaged[digest] = new Damage(time.GetTimestamp(), [report.Worker]);
        return [.. _damaged.Where(damage => report.Cached.Contains(damage.Key) && damage.Value.Asked.Add(report.Worker)).Select(damage => damage.Key)];
    }

    public Task<PoolView> GetAsync() => Task.FromResult(new PoolView(
        [.. _workers.Values.Select(worker => worker.Report)],
        [.. _leases.Values.Select(held => new HeldLease(held.Lease, held.Run.Kind, held.Run.Owner))],
        [.. _queue.Select(waiting => new QueuedRun(waiting.Request.Kind, waiting.Request.Owner, waiting.Reason))]));

    private void Forget()
    {
        foreach (var (silo, worker) in _workers.ToList())
        {
            if (time.GetElapsedTime(worker.Heard) <= Silence && membership.CurrentSnapshot.GetSiloStatus(silo) != SiloStatus.Dead) continue;
            _workers.Remove(silo);
            foreach (var (id, held) in _leases.ToList())
            {
                if (held.Lease.Worker.Equals(silo)) _leases.Remove(id);
            }
        }
        _queue.RemoveAll(waiting => time.GetElapsedTime(waiting.Asked) > QueueSilence);
    }

    /// <returns>The device for the request, if one is left by those ahead of it, and how many they are.</returns>
    private (Capacity? Slot, int Ahead) Choose(SlotRequest request)
    {
        var place = PlaceOf(request);
        var ahead = _queue.Take(place < 0 ? _queue.Count : place).Select(waiting => waiting.Request).Where(earlier => KindOf(earlier) == KindOf(request)).ToList();
        return (Allot(ahead.Append(request)).FirstOrDefault(given => given.Request == request).Slot, ahead.Count);
    }

    /// <summary>
    /// First come, first served: each takes the device that it would get, and if there is none that fits, keeps the emptiest one to itself;
    /// otherwise a stream of small runs would keep a large one waiting for ever. It ends where nothing is left.
    /// </summary>
    private IEnumerable<(SlotRequest Request, Capacity Slot)> Allot(IEnumerable<SlotRequest> requests)
    {
        var devices = Settled ? Capacities() : [];
        foreach (var request in requests)
        {
            if (!devices.Exists(device => device.Free > Rounding)) yield break;
            if (BestFor(request, devices) is { } slot)
            {
                yield return (request, slot);
                slot.Free -= request.Share;
            }
            else if (devices.Where(device => Fits(request, device.Device)).MaxBy(device => device.Free) is { } emptiest)
            {
                emptiest.Free = 0;
            }
        }
    }

    /// <summary>
    /// Not where it has just failed, be it a full disk or too little memory; where the weights are already; then, so that whole slots stay whole, the
    /// tightest fit for a share and the least busy worker for a whole slot.
    /// </summary>
    private static Capacity? BestFor(SlotRequest request, List<Capacity> devices) => devices
        .Where(device => Fits(request, device.Device) && device.Free >= request.Share - Rounding)
        .OrderBy(device => device.Place == request.Avoids)
        .ThenByDescending(device => request.Prefers.Count(device.Cached.Contains))
        .ThenBy(device => request.Share < 1 ? device.Free : device.Worker.Runs.Length)
        .FirstOrDefault();

    /// <summary>Shares are sums of few binary fractions; a tenth ten times is a whole.</summary>
    private const double Rounding = 1e-9;

    /// <summary>How long a worker that has a copy of something damaged may take to report.</summary>
    private static readonly TimeSpan DamageMemory = TimeSpan.FromMinutes(10);

    /// <summary>A spec names a kind of device, or one device of that kind.</summary>
    private static bool Fits(SlotRequest request, Accelerator device) => request.Device == device.Kind || request.Device == device.Name;

    private static string KindOf(SlotRequest request) => request.Device.Split(':')[0];

    private List<Capacity> Capacities() =>
    [
        .. from worker in _workers.Values
           from device in worker.Report.Devices
           select new Capacity(worker, device) { Free = device.Slots - Used(worker.Report, device) },
    ];

    /// <summary>Leases, and runs that go on without a lease because this pool has just woken.</summary>
    private double Used(WorkerReport worker, Accelerator device)
    {
        var leases = LeasesOf(worker, device);
        return leases.Sum(held => held.Lease.Share) + Unleased(worker, device, leases).Sum(slot => slot.Share);
    }

    private IEnumerable<string> UsersOf(WorkerReport worker, Accelerator device)
    {
        var leases = LeasesOf(worker, device);
        return leases.Select(held => held.Run.Owner).Concat(Unleased(worker, device, leases).Select(slot => slot.Run.Owner));
    }

    private List<Held> LeasesOf(WorkerReport worker, Accelerator device) =>
        [.. _leases.Values.Where(held => held.Lease.Worker.Equals(worker.Worker) && held.Lease.Device == device.Index)];

    private static IEnumerable<OccupiedSlot> Unleased(WorkerReport worker, Accelerator device, List<Held> leases) =>
        worker.Runs.Where(slot => slot.Device == device.Index && !leases.Exists(held => held.Covers(slot)));

    private string Reason(SlotRequest request)
    {
        if (_workers.Count == 0) return "No worker has reported yet.";
        if (!Settled) return string.Create(CultureInfo.InvariantCulture, $"The pool has just woken and listens to the workers for up to {options.Value.PoolSettle.TotalSeconds:0.#} s.");
        var devices = Capacities().FindAll(device => Fits(request, device.Device));
        var slots = devices.Sum(device => device.Device.Slots);
        var free = devices.Count == 0 ? 0 : devices.Max(device => device.Free);
        return slots == 0 ? $"No worker has a device '{request.Device}'."
            : free >= request.Share - Rounding ? "What is free is kept for runs ahead of it in the queue."
            : free > Rounding ? string.Create(CultureInfo.InvariantCulture, $"It needs {request.Share:0.###} of a {request.Device} slot and the emptiest device has {free:0.###} left.")
            : slots == 1 ? $"The {request.Device} slot is in use."
            : $"All {slots} {request.Device} slots are in use.";
    }

    private void WakeNext()
    {
        foreach (var (request, _) in Allot(_queue.Select(waiting => waiting.Request))) GrainFactory.Owner(request.Kind, request.Owner).WakeAsync().Ignore();
    }

    private int PlaceOf(SlotRequest request) => _queue.FindIndex(waiting => waiting.Request.Kind == request.Kind && waiting.Request.Owner == request.Owner);

    private sealed record Worker(WorkerReport Report, HashSet<string> Cached, long Heard);

    private sealed record Damage(long Told, HashSet<SiloAddress> Asked);

    private sealed record Held(SlotLease Lease, RunAttempt Run, long Since)
    {
        /// <summary>Whether what a worker runs is what was leased, and not the thread of an earlier attempt that is still there. An owner of an older version does not say which attempt.</summary>
        public bool Covers(OccupiedSlot slot) => slot.Run == Run || (Run.Number == 0 && slot.Run with { Number = 0 } == Run);
    }

    private sealed record Waiting(SlotRequest Request, string Reason, long Asked);

    /// <summary>A device and what is left of its slots.</summary>
    private sealed class Capacity(Worker worker, Accelerator device)
    {
        public WorkerReport Worker => worker.Report;

        public HashSet<string> Cached => worker.Cached;

        public Accelerator Device { get; } = device;

        /// <summary>For people, and the same after the worker's restart.</summary>
        public string Place => $"{Worker.Name} {Device.Name}";

        public double Free { get; set; }
    }
}
