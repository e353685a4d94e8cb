using System.Collections.Immutable;
using System.Globalization;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Scheduling;
using DisBack.Orchestration.Training;
using DisBack.Telemetry;
using Microsoft.Extensions.Options;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IAcceleratorPoolGrain"/>
[GrainType("accelerator-pool"), PlacedOn(SiloRole.Control)]
internal sealed class AcceleratorPoolGrain(
    IOptions<TrainingOptions> options,
    IClusterMembershipService membership,
    ISiloMetadataCache metadata,
    TimeProvider time)
    : Grain, IAcceleratorPoolGrain
{
    private readonly WorkerTable _workers = new(time);
    private readonly LeaseTable _leases = new(time);
    private readonly SlotQueue _queue = new(time);
    private readonly long _started = time.GetTimestamp();

    /// <summary>A worker that was silent for this long is forgotten.</summary>
    private TimeSpan Silence => options.Value.Report * 4;

    /// <summary>The same for an entry of the queue, whose owner asks again whenever it checks its run.</summary>
    private TimeSpan QueueSilence => options.Value.Supervise * 3 > Silence ? options.Value.Supervise * 3 : Silence;

    /// <summary>A pool that has just been activated does not know what runs where before every worker has reported, or has had the time to.</summary>
    private bool Settled => time.GetElapsedTime(_started) >= options.Value.PoolSettle || membership.CurrentSnapshot.Members.Values.All(member =>
        member.Status != SiloStatus.Active || _workers.Has(member.SiloAddress) || !RoleFilterDirector.Has(metadata, member.SiloAddress, SiloRole.Worker));

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // From now on another silo knows how many wait.
        Instruments.Queued.Record(0);
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<LeaseReply> LeaseAsync(SlotRequest request)
    {
        RemoveSilent();
        request = WithoutOthers(request);
        // An owner that asks has no attempt: a lease that it still seems to have was lost on the way.
        _leases.RemoveOf(request.Kind, request.Owner);
        var (devices, ahead) = Choose(request);
        LeaseReply reply;
        if (devices is not null)
        {
            _queue.Remove(request.Kind, request.Owner);
            reply = new LeaseReply(_leases.Grant(request, devices));
        }
        else
        {
            var reason = Reason(request);
            _queue.Put(request, reason);
            reply = new LeaseReply(null, reason, ahead + 1);
        }
        Instruments.Queued.Record(_queue.Count);
        return Task.FromResult(reply);
    }

    public Task ReleaseAsync(string lease)
    {
        EndLease(lease, exited: true);
        WakeNext();
        return Task.CompletedTask;
    }

    public Task ForfeitAsync(string lease)
    {
        EndLease(lease, exited: false);
        return Task.CompletedTask;
    }

    public Task WithdrawAsync(RunKind kind, string owner)
    {
        // The run behind it may be next for a slot that was reserved for it.
        if (_queue.Remove(kind, owner))
        {
            WakeNext();
        }
        Instruments.Queued.Record(_queue.Count);
        return Task.CompletedTask;
    }

    public Task<ImmutableArray<string>> ExplainAsync(SlotRequest request)
    {
        RemoveSilent();
        request = WithoutOthers(request);
        var (devices, ahead) = Choose(request);
        if (devices is not null)
        {
            var names = string.Join(" and ", devices.Select(device => device.DeviceName));
            return Task.FromResult<ImmutableArray<string>>([$"A slot is free on {names}; it starts in a moment."]);
        }
        var position = ahead == 0
            ? "It is the next in the queue."
            : string.Create(CultureInfo.InvariantCulture, $"{ahead} {(ahead == 1 ? "run is" : "runs are")} ahead of it in the queue.");
        return Task.FromResult<ImmutableArray<string>>(
            [$"It waits for a slot: {Reason(request)}", position, .. _workers.Users(request, _leases).Order(StringComparer.Ordinal)]);
    }

    public Task<ImmutableArray<string>> ReportAsync(WorkerReport report)
    {
        _workers.Put(report);
        _leases.RemoveUnused(report, grace: Silence);
        RemoveSilent();
        Instruments.Queued.Record(_queue.Count);
        WakeNext();
        // A worker of an older version forgets the damage once this call has returned, so it is passed on here.
        if (!report.Damaged.IsDefaultOrEmpty)
        {
            GrainFactory.ContentRepair().ReportAsync(new ContentReport(report.Worker, report.Damaged, [])).Ignore();
        }
        return Task.FromResult<ImmutableArray<string>>([]);
    }

    public Task<PoolView> GetAsync() => Task.FromResult(new PoolView(
        [.. _workers.Reports], [.. _leases.All.Select(granted => new HeldLease(granted.Lease, granted.Run.Kind, granted.Run.Owner))], [.. _queue.Runs]));

    /// <summary>The request of a run whose other workers will never be there: one computes all parts of its batches, and the bits are the same.</summary>
    private SlotRequest WithoutOthers(SlotRequest request) =>
        options.Value.IsAlone && !_workers.IsEmpty && _workers.Devices.Sum(device => Allotment.SlotsOf(request, device)) < request.Slots
            ? request with { Slots = 1 }
            : request;

    private void EndLease(string lease, bool exited) => _workers.Correct(_leases.Remove(lease), exited);

    private void RemoveSilent()
    {
        foreach (var worker in _workers.RemoveSilent(Silence, worker => membership.CurrentSnapshot.GetSiloStatus(worker) == SiloStatus.Dead))
        {
            _leases.RemoveOn(worker);
        }
        _queue.RemoveSilent(QueueSilence);
    }

    /// <returns>The devices for the request, if the requests ahead of it leave enough, and how many they are.</returns>
    private (IReadOnlyList<DeviceCapacity>? Devices, int Ahead) Choose(SlotRequest request)
    {
        var (kind, ahead) = (Allotment.KindOf(request), _queue.CountAhead(request));
        var requests = _queue.For(kind).Take(ahead).Append(request);
        return (Allotment.Of(requests, Available(kind)).FirstOrDefault(allotted => allotted.Request == request).Devices, ahead);
    }

    private List<DeviceCapacity> Available(string kind) => Settled ? _workers.Capacities(_leases).FindAll(device => device.Device.DeviceKind == kind) : [];

    private string Reason(SlotRequest request)
    {
        if (_workers.IsEmpty)
        {
            return "No worker has reported yet.";
        }
        if (!Settled)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"The pool has just woken and listens to the workers for up to {options.Value.PoolSettle.TotalSeconds:0.#} s.");
        }
        var devices = _workers.Capacities(_leases).FindAll(device => Allotment.Fits(request, device.Device));
        var slots = devices.Sum(device => device.Device.Slots);
        var free = devices.Count == 0 ? 0 : devices.Max(device => device.Free);
        if (request.Slots > 1 && slots > 0)
        {
            var (all, now) = (Count(device => device.Device.Slots), Count(device => device.Free));
            return all < request.Slots ? $"It needs {request.Slots} {request.Device} slots at once and all workers together have {all}."
                : now < request.Slots ? $"It needs {request.Slots} {request.Device} slots at once and {now} of {all} {(now == 1 ? "is" : "are")} free."
                : "What is free is kept for runs ahead of it in the queue.";
        }
        return slots == 0 ? $"No worker has a device '{request.Device}'."
            : free >= request.Share - Allotment.Rounding ? "What is free is kept for runs ahead of it in the queue."
            : free > Allotment.Rounding ? string.Create(
                CultureInfo.InvariantCulture, $"It needs {request.Share:0.###} of a {request.Device} slot and the emptiest device has {free:0.###} left.")
            : slots == 1 ? $"The {request.Device} slot is in use."
            : $"All {slots} {request.Device} slots are in use.";

        int Count(Func<DeviceCapacity, double> part) => devices.Sum(device => Allotment.SlotsIn(request, part(device)));
    }

    private void WakeNext()
    {
        // Kinds do not compete, and where one has nothing free its requests need not be looked at.
        foreach (var kind in _workers.Kinds)
        {
            foreach (var (request, _) in Allotment.Of(_queue.For(kind), Available(kind)))
            {
                GrainFactory.WakeAsync(request.Kind, request.Owner).Ignore();
            }
        }
    }
}
