using System.Globalization;
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

    /// <summary>What to say where there are fewer complete trials than it takes.</summary>
    public string TooFew => string.Create(
        CultureInfo.InvariantCulture,
        $"{Sweep} has too few complete trials, {Trials}; it takes {OneWayAnalysis.FewestTrials} to tell what {Metric} depends on.");

    /// <summary>What to know before believing the figures: a sentence each.</summary>
    public IEnumerable<string> Caveats
    {
        get
        {
            yield return "ADJUSTED is EXPLAINED less what as many groups explain by chance; P is how often results dealt at random are explained as well.";
            foreach (var axis in Axes.Where(axis => axis.Importance.Lack != ImportanceLack.Nothing))
            {
                yield return $"{axis.Key}: {Reason(axis.Importance.Lack)}";
            }
            if (Learns)
            {
                yield return "The points of this sampler depend on earlier results, which the permutations behind P do not know: take P as a hint.";
            }
        }
    }

    /// <summary>A share as people read it.</summary>
    public static string Percent(double? share) => share is { } known ? (100 * known).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "-";

    private static string Reason(ImportanceLack lack) => lack switch
    {
        ImportanceLack.FewTrials => $"too few trials have it; it takes {OneWayAnalysis.FewestTrials.ToString(CultureInfo.InvariantCulture)}.",
        ImportanceLack.OneGroup => "all trials are in one group, so there is nothing to compare.",
        ImportanceLack.SmallGroup => $"a choice of it has fewer than {OneWayAnalysis.FewestPerGroup.ToString(CultureInfo.InvariantCulture)} trials.",
        _ => "all trials have the same result.",
    };

    private static AxisImportance Of(SweepAxis axis, IEnumerable<SweepTrial> complete)
    {
        // An axis that depends on another is told by the trials with which it counts.
        List<SweepTrial> trials = [.. complete.Where(trial => trial.Point.ContainsKey(axis.Key))];
        List<double> coordinates = [.. trials.Select(trial => trial.Point[axis.Key])];
        List<double> results = [.. trials.Select(trial => trial.Value!.Value)];
        return axis.Settings.IsChoice ? OneWayAnalysis.OfChoices(coordinates, results) : OneWayAnalysis.OfNumbers(coordinates, results);
    }
}
