using System.Globalization;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Sweeps;

/// <summary>The trials of a sweep as rows: where each lies, and what came of it.</summary>
internal sealed class SweepTrials(SweepDocument sweep)
{
    private readonly SweepPlan _plan = SweepPlan.Parse(sweep.CurrentSpec, sweep.Id);

    /// <summary>The headings of <see cref="Cells"/>.</summary>
    public IReadOnlyList<string> Headings =>
        ["TRIAL", "STATUS", "STEP", _plan.Search.Objective.Metric.ToUpperInvariant(), .. _plan.Axes.Select(axis => axis.Label)];

    /// <summary>Complete trials with a value, the best first.</summary>
    public IEnumerable<SweepTrial> Ranked(IEnumerable<SweepTrial> trials)
    {
        var complete = trials.Where(trial => trial is { Value: not null, Deleted: false });
        return _plan.Search.Objective.Goal == Goal.Minimize ? complete.OrderBy(trial => trial.Value) : complete.OrderByDescending(trial => trial.Value);
    }

    /// <summary>One row for people.</summary>
    public string[] Cells(SweepTrial trial) =>
    [
        GrainKeys.Trial(sweep.Id, trial.Ordinal),
        StatusOf(trial),
        trial.Steps > 0 ? string.Create(CultureInfo.InvariantCulture, $"{trial.Step}/{trial.Steps}") : "-",
        trial.Value is { } value ? Texts.Number(value) : "-",
        .. _plan.Axes.Select(axis => trial.Point.TryGetValue(axis.Key, out var coordinate) ? axis.Show(coordinate) : "-"),
    ];

    /// <summary>A point in words.</summary>
    public string Show(SweepTrial trial) => _plan.Show(trial.Point);

    /// <summary>All trials as comma-separated values (RFC 4180), numbers in full.</summary>
    public IEnumerable<string> Csv(IEnumerable<SweepTrial> trials)
    {
        yield return CommaSeparated.Line(
            ["trial", "status", "step", "steps", "attempts", _plan.Search.Objective.Metric, .. _plan.Axes.Select(axis => axis.Key)]);
        foreach (var trial in trials)
        {
            yield return CommaSeparated.Line(
            [
                GrainKeys.Trial(sweep.Id, trial.Ordinal),
                StatusOf(trial),
                Number(trial.Step),
                Number(trial.Steps),
                Number(trial.Attempt),
                trial.Value is { } value ? Number(value) : "",
                .. _plan.Axes.Select(axis => !trial.Point.TryGetValue(axis.Key, out var coordinate) ? ""
                    : axis.Settings.IsChoice ? axis.Show(coordinate)
                    : Number(coordinate)),
            ]);
        }
    }

    private static string StatusOf(SweepTrial trial) =>
        trial.Deleted ? "deleted" : trial.Pruned ? "pruned" : trial.Status.ToString().ToLowerInvariant();

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
