using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DisBack.Telemetry.Hosts;

/// <summary>What NVIDIA's management library (NVML), which comes with the driver, says of the devices of this machine.</summary>
public static partial class NvidiaDevices
{
    private const string Library = "libnvidia-ml.so.1";
    private const int Success = 0, OnDie = 0;

    /// <summary>Observes the devices from now on; once in a process. Does nothing where there is no driver.</summary>
    public static void Observe()
    {
        // Stays loaded: the instruments are read until the process ends.
        if (!NativeLibrary.TryLoad(Library, out _) || Initialize() != Success || GetCount(out var count) != Success || count == 0)
        {
            return;
        }
        var devices = new List<(nint Handle, KeyValuePair<string, object?> Label)>();
        for (var index = 0u; index < count; index++)
        {
            if (GetHandle(index, out var handle) == Success)
            {
                devices.Add((handle, new("device", $"cuda:{index.ToString(CultureInfo.InvariantCulture)}")));
            }
        }
        // What a device does not support, such as the utilization of one that is partitioned, it has no series of.
        Instruments.DeviceUtilization(() => Read(devices, device => GetUtilization(device, out var rates) == Success ? rates.Device / 100.0 : (double?)null));
        Instruments.DeviceMemoryUsed(() => Read(devices, device => GetMemory(device, out var memory) == Success ? (long)memory.Used : (long?)null));
        Instruments.DeviceMemorySize(() => Read(devices, device => GetMemory(device, out var memory) == Success ? (long)memory.Total : (long?)null));
        Instruments.DeviceTemperature(() => Read(devices, device => GetTemperature(device, OnDie, out var celsius) == Success ? celsius : (double?)null));
        Instruments.DevicePower(() => Read(devices, device => GetPower(device, out var milliwatts) == Success ? milliwatts / 1000.0 : (double?)null));
    }

    private static IEnumerable<Measurement<T>> Read<T>(List<(nint Handle, KeyValuePair<string, object?> Label)> devices, Func<nint, T?> value)
        where T : struct
    {
        foreach (var (handle, label) in devices)
        {
            if (value(handle) is { } read)
            {
                yield return new Measurement<T>(read, label);
            }
        }
    }

    [LibraryImport(Library, EntryPoint = "nvmlInit_v2")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetCount_v2")]
    private static partial int GetCount(out uint count);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetHandleByIndex_v2")]
    private static partial int GetHandle(uint index, out nint device);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetUtilizationRates")]
    private static partial int GetUtilization(nint device, out Utilization rates);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetMemoryInfo")]
    private static partial int GetMemory(nint device, out Memory memory);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetTemperature")]
    private static partial int GetTemperature(nint device, int sensor, out uint celsius);

    [LibraryImport(Library, EntryPoint = "nvmlDeviceGetPowerUsage")]
    private static partial int GetPower(nint device, out uint milliwatts);

    /// <summary>Percent of the time in which a kernel ran, and in which memory was read or written.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Utilization(uint Device, uint Memory);

    /// <summary>Bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Memory(ulong Total, ulong Free, ulong Used);
}
