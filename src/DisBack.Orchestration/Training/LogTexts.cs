using System.Globalization;

namespace DisBack.Orchestration.Training;

/// <summary>Figures in the lines of a log.</summary>
internal static class LogTexts
{
    /// <summary>A time in seconds, with as many digits as matter.</summary>
    public static string Seconds(TimeSpan time) =>
        time.TotalSeconds.ToString(time.TotalSeconds < 1 ? "0.000" : time.TotalSeconds < 100 ? "0.0" : "#,0", CultureInfo.InvariantCulture) + " s";

    /// <summary>A number of bytes.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        var unit = bytes < 1024 ? 0 : Math.Min(units.Length - 1, (int)Math.Log2(bytes) / 10);
        return (bytes / Math.Pow(1024, unit)).ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + $" {units[unit]}";
    }
}
