using System.Globalization;

namespace DisBack.Cli.Terminal;

/// <summary>Numbers, times and sizes the way the terminal shows them.</summary>
internal static class Texts
{
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 0 } => "0:00",
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:D2}:{time.Seconds:D2}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:D2}"),
    };

    public static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 1e-3 or >= 1e5 => value.ToString("0.00e0", CultureInfo.InvariantCulture),
        < 10 => value.ToString("0.0000", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0", CultureInfo.InvariantCulture),
    };

    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.00} GiB"),
    };

    /// <summary>A share in per cent; a dash where there is none.</summary>
    public static string Percent(double? share) => share is { } known ? (100 * known).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "-";

    /// <summary>A point in time in UTC, so that lists of two machines compare.</summary>
    public static string Time(DateTimeOffset time) =>
        time == default ? "" : time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Short(string digest) => digest.Length > 12 ? digest[..12] : digest;
}
