using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Scheduling;

/// <summary>Which request gets which device.</summary>
internal static class Allotment
{
    /// <summary>Shares are sums of few binary fractions; a tenth ten times is a whole.</summary>
    public const double Rounding = 1e-9;

    /// <summary>
    /// First come, first served: each request takes the devices that it would get, and if they are not enough, reserves them and the emptiest ones; otherwise
    /// a stream of small runs would keep a large one waiting forever. It ends where nothing is left.
    /// </summary>
    /// <param name="requests">In the order of the queue.</param>
    /// <param name="devices">What is free before the first; reduced as requests are served.</param>
    /// <returns>The requests that are served, each with a device for each of its slots.</returns>
    public static IEnumerable<(SlotRequest Request, IReadOnlyList<DeviceCapacity> Devices)> Of(
        IEnumerable<SlotRequest> requests, List<DeviceCapacity> devices)
    {
        foreach (var request in requests)
        {
            if (!devices.Exists(device => device.Free > Rounding))
            {
                yield break;
            }
            // What no worker will ever have is not reserved.
            if (devices.Sum(device => SlotsOf(request, device.Device)) < request.Slots)
            {
                continue;
            }
            var taken = new List<DeviceCapacity>();
            while (taken.Count < request.Slots && BestFor(request, devices, taken) is { } best)
            {
                best.Free -= request.Share;
                taken.Add(best);
            }
            if (taken.Count == request.Slots)
            {
                yield return (request, taken);
                continue;
            }
            foreach (var emptiest in devices.Where(device => Fits(request, device.Device)).OrderByDescending(device => device.Free)
                .Take(request.Slots - taken.Count))
            {
                emptiest.Free = 0;
            }
        }
    }

    /// <summary>How many slots of a request's size a device has for it, free or not.</summary>
    public static int SlotsOf(SlotRequest request, Accelerator device) => Fits(request, device) ? SlotsIn(request, device.Slots) : 0;

    /// <summary>How many slots of a request's size fit into what is free of a device.</summary>
    public static int SlotsIn(SlotRequest request, double free) => (int)Math.Floor((free + Rounding) / request.Share);

    /// <summary>The kind of device that a request names, with or without the number of one device.</summary>
    public static string KindOf(SlotRequest request) => request.Device.Split(':')[0];

    /// <summary>A spec names a device kind, or one device of that kind.</summary>
    public static bool Fits(SlotRequest request, Accelerator device) => request.Device == device.DeviceKind || request.Device == device.Name;

    /// <summary>
    /// Not where the run has just failed, be it a full disk or too little memory; a device of its own for each slot; where the weights are already; then, so
    /// that whole slots stay whole, the tightest fit for a share and the least busy worker for a whole slot.
    /// </summary>
    private static DeviceCapacity? BestFor(SlotRequest request, List<DeviceCapacity> devices, List<DeviceCapacity> taken) => devices
        .Where(device => Fits(request, device.Device) && device.Free >= request.Share - Rounding)
        .OrderBy(device => device.DeviceName == request.Avoids)
        .ThenBy(taken.Contains)
        .ThenByDescending(device => request.Prefers.Count(device.Cached.Contains))
        .ThenBy(device => request.Share < 1 ? device.Free : device.Worker.Runs.Length)
        .FirstOrDefault();
}
