using System.Globalization;
using Spectre.Console;

namespace DisBack.Benchmarks;

/// <summary>The spread of repeated measurements, and how it is printed.</summary>
internal static class Figures
{
    public static double Quantile(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)Math.Round(part * (sorted.Length - 1))];
    }

    /// <summary>Bytes of the managed heap, without what nothing refers to any more.</summary>
    public static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Minimum, median and maximum, in milliseconds unless told otherwise.</summary>
    public static string Spread(IReadOnlyList<double> seconds, double perSecond = 1e3, string unit = "ms") => string.Create(
        CultureInfo.InvariantCulture,
        $"{perSecond * seconds.Min():f2} / {perSecond * Quantile(seconds, 0.5):f2} / {perSecond * seconds.Max():f2} {unit}");

    public static void Print(string title, params (string What, string Value)[] rows)
    {
        var table = new Table().Title(title).AddColumn("what").AddColumn("measured").Border(TableBorder.Minimal);
        foreach (var (what, value) in rows)
        {
            table.AddRow(Markup.Escape(what), Markup.Escape(value));
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, .NET {Environment.Version}");
    }
}
