using DisBack.Contracts.Documents;
using DisBack.Search.Importance;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Sweeps;

/// <summary>What each axis of a sweep explains of the differences of its objective.</summary>
internal sealed class SweepImportance
{
    public SweepImportance(SweepDocument sweep, IEnumerable<SweepTrial> trials)
    {
        var plan = SweepPlan.Parse(sweep.CurrentSpec, sweep.Id);
        List<SweepTrial> complete = [.. trials.Where(trial => trial is { Value: not null, Deleted: false })];
        (Sweep, Metric, Learns, Trials) = (sweep.Id, plan.Search.Objective.Metric, plan.Search is TpeSearch, complete.Count);
        Axes =
        [
            .. plan.Axes.Select(axis => (axis.Key, Importance: Of(axis, complete)))
                .OrderByDescending(axis => axis.Importance.Adjusted ?? -1)
                .ThenByDescending(axis => axis.Importance.Explained ?? -1)
                .ThenBy(axis => axis.Key, StringComparer.Ordinal),
        ];
    }

    public string Sweep { get; }

    /// <summary>The metric of the objective.</summary>
    public string Metric { get; }

    /// <summary>Whether points depend on results, so that trials are not independent of one another.</summary>
    public bool Learns { get; }

    /// <summary>Complete trials.</summary>
    public int Trials { get; }

    /// <summary>The axes, the one that explains most first.</summary>
    public IReadOnlyList<(string Key, AxisImportance Importance)> Axes { get; }

    private static AxisImportance Of(SweepAxis axis, IEnumerable<SweepTrial> complete)
    {
        // An axis that depends on another is told by the trials with which it counts.
        List<SweepTrial> trials = [.. complete.Where(trial => trial.Point.ContainsKey(axis.Key))];
        List<double> coordinates = [.. trials.Select(trial => trial.Point[axis.Key])];
        List<double> results = [.. trials.Select(trial => trial.Value!.Value)];
        return axis.Settings.IsChoice ? OneWayAnalysis.OfChoices(coordinates, results) : OneWayAnalysis.OfNumbers(coordinates, results);
    }
}
