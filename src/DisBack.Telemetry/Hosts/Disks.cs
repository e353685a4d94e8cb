using System.Diagnostics.Metrics;

namespace DisBack.Telemetry.Hosts;

/// <summary>The room on the disks that a process writes to.</summary>
public static class Disks
{
    /// <summary>Observes the disks from now on; once in a process.</summary>
    /// <param name="disks">What each is used for, a bounded set, and a folder on it, which need not exist yet.</param>
    public static void Observe(IReadOnlyList<(string Use, string Folder)> disks)
    {
        Instruments.DiskFree(() => Read(disks, disk => disk.AvailableFreeSpace));
        Instruments.DiskSize(() => Read(disks, disk => disk.TotalSize));
    }

    private static IEnumerable<Measurement<long>> Read(IReadOnlyList<(string Use, string Folder)> disks, Func<DriveInfo, long> value)
    {
        foreach (var (use, folder) in disks)
        {
            long bytes;
            try
            {
                bytes = value(new DriveInfo(folder));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            yield return new Measurement<long>(bytes, new KeyValuePair<string, object?>("use", use));
        }
    }
}
