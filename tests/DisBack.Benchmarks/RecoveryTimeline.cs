using System.Globalization;
using System.Text.Json;
using DisBack.TestKit.History;
using DisBack.TestKit.Silos;

namespace DisBack.Benchmarks;

/// <summary>What happened between a kill and the next step of the run, by the clock of this machine, on which all silos run.</summary>
internal sealed class RecoveryTimeline(TestCluster cluster)
{
    private const string Begins = "next attempt begins";

    /// <summary>What silos log about a death and about their own start, and what it is called here.</summary>
    private static readonly (string Text, string Phase)[] s_lines =
    [
        ("its endpoint refuses connections", "end of the process seen"),
        ("Marking other older clone as Dead", "successor joins"),
        ("restarted on same host", "successor joins"),
        ("their owners are woken", "death known to the owners"),
        ("This worker is warm", "a worker offers its device"),
    ];

    private readonly List<(string Phase, double Seconds)> _phases = [];

    /// <summary>Adds a recovery that has just ended, and describes it in one line.</summary>
    /// <param name="killed">When the process was killed.</param>
    /// <param name="resumed">The record of the attempt that goes on.</param>
    public string Add(DateTimeOffset killed, HistoryRecord resumed)
    {
        var phases = cluster.Silos.SelectMany(silo => silo.Lines).Select(Parse)
            .Concat(cluster.History.Records.Where(record => record.Run == resumed.Run).Select(record => (record.At, record.Event switch
            {
                HistoryEvent.AttemptEnded => "attempt lost",
                HistoryEvent.AttemptBegan => Begins,
                HistoryEvent.Resumed => "networks open, training goes on",
                _ => "",
            })))
            .Where(seen => seen.Item2.Length > 0 && seen.Item1 >= killed && seen.Item1 <= resumed.At)
            .GroupBy(seen => seen.Item2)
            // What is repeated until it succeeds counts when it does; of what several silos notice, the first counts.
            .Select(phase => (Phase: phase.Key, Seconds: (phase.Key == Begins ? phase.Max(seen => seen.Item1) : phase.Min(seen => seen.Item1)) - killed))
            .Select(phase => (phase.Phase, phase.Seconds.TotalSeconds))
            .OrderBy(phase => phase.TotalSeconds)
            .ToList();
        _phases.AddRange(phases);
        return string.Join(", ", phases.Select(phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Phase} {phase.TotalSeconds:0.00}")));
    }

    /// <summary>The medians, in the order in which the phases usually end.</summary>
    public string Medians() => string.Join('\n', _phases.GroupBy(phase => phase.Phase)
        .Select(phase => (phase.Key, Count: phase.Count(), Median: Figures.Quantile(phase.Select(one => one.Seconds), 0.5)))
        .OrderBy(phase => phase.Median)
        .Select(phase => string.Create(CultureInfo.InvariantCulture, $"{phase.Median:0.00} s {phase.Key} ({phase.Count})")));

    private static (DateTimeOffset At, string Phase) Parse(string line)
    {
        foreach (var (text, phase) in s_lines)
        {
            if (!line.Contains(text, StringComparison.Ordinal))
            {
                continue;
            }
            try
            {
                using var json = JsonDocument.Parse(line);
                return (json.RootElement.GetProperty("Timestamp").GetDateTimeOffset(), phase);
            }
            catch (JsonException)
            {
                // The torn last line of a killed silo.
            }
        }
        return (default, "");
    }
}
