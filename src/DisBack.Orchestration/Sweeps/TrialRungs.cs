using DisBack.Contracts.Documents;
using DisBack.Search.Sweeps;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Metrics;

namespace DisBack.Orchestration.Sweeps;

/// <summary>What a trial has measured at the rungs of early stopping.</summary>
internal static class TrialRungs
{
    /// <summary>The name of a metric that is measured on fewer samples than at the end.</summary>
    private const string Quick = "/quick";

    /// <summary>
    /// A value for each rung that the trial has reached and been evaluated at, or after. It depends on what the trial does at its steps alone, so that an
    /// attempt which repeats some of them changes nothing.
    /// </summary>
    /// <param name="stopping">Where the rungs are.</param>
    /// <param name="metric">The objective.</param>
    /// <param name="history">What the trial has measured.</param>
    /// <param name="switches">When its target changed.</param>
    public static List<RungValue> Read(SweepStopping stopping, string metric, MetricHistory history, IReadOnlyList<SwitchRecord> switches)
    {
        var values = new List<RungValue>();
        foreach (var point in history.Points.Where(point => point.Name == metric || point.Name == metric + Quick))
        {
            while (stopping.Rung(values.Count) is { } rung && PositionAt(point.Step) >= rung)
            {
                values.Add(new RungValue(point.Step, point.Value));
            }
        }
        return values;

        double PositionAt(long step) => stopping.Unit == RungUnit.Steps ? step
            : switches.TakeWhile(change => change.Step <= step).Select(change => switches[0].From - change.To).DefaultIfEmpty(0).Max();
    }
}

/// <summary>What a trial has measured at a rung.</summary>
/// <param name="Step">The step of the evaluation, at the rung or the first one after it.</param>
/// <param name="Value">What it measured.</param>
internal readonly record struct RungValue(long Step, double Value);
