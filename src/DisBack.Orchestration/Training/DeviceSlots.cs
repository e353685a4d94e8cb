using System.Collections.Immutable;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Scheduling;
using DisBack.Telemetry;
using Microsoft.Extensions.Options;

namespace DisBack.Orchestration.Training;

/// <summary>The slots of this machine's devices: what is there, and what takes them, runs as well as drawings.</summary>
internal sealed class DeviceSlots
{
    private readonly Lock _gate = new();
    private readonly List<OccupiedSlot> _occupied = [];
    private ImmutableArray<Accelerator> _devices;

    public DeviceSlots(IOptions<TrainingOptions> options)
    {
        _devices = [.. options.Value.Devices];
        Instruments.Slots.Add(_devices.Sum(device => device.Slots));
    }

    /// <summary>Told, on the thread that takes it, of a slot that was taken: whoever keeps memory of its device that nobody uses now gives it back.</summary>
    public event Action<OccupiedSlot>? Taken;

    /// <summary>The devices; none once the silo is shutting down.</summary>
    public ImmutableArray<Accelerator> Devices
    {
        get
        {
            lock (_gate)
            {
                return _devices;
            }
        }
    }

    /// <summary>Whatever has a thread on a device, ending threads included.</summary>
    public ImmutableArray<OccupiedSlot> Occupied
    {
        get
        {
            lock (_gate)
            {
                return [.. _occupied];
            }
        }
    }

    /// <summary>Takes a slot, or a part of one.</summary>
    /// <returns>Its device; null if there is no such device, or not enough of it is free.</returns>
    public Accelerator? TryTake(OccupiedSlot slot)
    {
        Accelerator? device;
        lock (_gate)
        {
            device = _devices.FirstOrDefault(device => device.Index == slot.Device);
            if (device is null || _occupied.Where(other => other.Device == slot.Device).Sum(other => other.Share) + slot.Share > device.Slots
                + Allotment.Rounding)
            {
                return null;
            }
            _occupied.Add(slot);
        }
        Instruments.SlotsUsed.Add(slot.Share);
        Taken?.Invoke(slot);
        return device;
    }

    /// <summary>Gives a slot back whose thread has gone.</summary>
    public void GiveBack(OccupiedSlot slot)
    {
        lock (_gate)
        {
            _occupied.Remove(slot);
        }
        Instruments.SlotsUsed.Add(-slot.Share);
    }

    /// <summary>Gives out no slot any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            Instruments.Slots.Add(-_devices.Sum(device => device.Slots));
            _devices = [];
        }
    }
}
