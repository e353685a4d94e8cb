using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Search.Importance;
using DisBack.Specs.Sweeps;

namespace DisBack.Client;

/// <summary>What each axis of a sweep explains of the differences of its objective, by itself. Written as JSON it is what programs are told of it.</summary>
/// <param name="Sweep">Id of the sweep.</param>
/// <param name="Metric">The metric of the objective.</param>
/// <param name="Trials">Complete trials, as far as they have measured a number.</param>
/// <param name="FewestTrials">How many of them it takes.</param>
/// <param name="Axes">The axes, the one that explains most first.</param>
/// <param name="Remarks">What to know before believing the figures, or that there are too few trials for any: a sentence each.</param>
public sealed record SweepImportance(
    string Sweep, string Metric, int Trials, int FewestTrials, IReadOnlyList<SweepAxisImportance> Axes, IReadOnlyList<string> Remarks)
{
    /// <summary>What the trials of a sweep tell so far.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="trials">Its trials.</param>
    public static SweepImportance Of(SweepDocument sweep, IEnumerable<SweepTrial> trials)
    {
        var plan = SweepPlan.Parse(sweep.CurrentSpec, sweep.Id);
        var metric = plan.Search.Objective.Metric;
        // A result that ran away has no distance from the others, so nothing can be told by it.
        List<SweepTrial> complete = [.. trials.Where(trial => trial is { Value: { } value, Deleted: false } && double.IsFinite(value))];
        List<SweepAxisImportance> axes =
        [
            .. plan.Axes.Select(axis => Of(axis, complete))
                .OrderByDescending(axis => axis.Adjusted ?? -1)
                .ThenByDescending(axis => axis.Explained ?? -1)
                .ThenBy(axis => axis.Axis, StringComparer.Ordinal),
        ];
        var few = string.Create(
            CultureInfo.InvariantCulture,
            $"{sweep.Id} has too few complete trials, {complete.Count}; it takes {OneWayAnalysis.FewestTrials} to tell what {metric} depends on.");
        return new(
            sweep.Id,
            metric,
            complete.Count,
            OneWayAnalysis.FewestTrials,
            axes,
            complete.Count < OneWayAnalysis.FewestTrials ? [few] : [.. Caveats(axes, plan.Search is TpeSearch)]);
    }

    private static SweepAxisImportance Of(SweepAxis axis, IEnumerable<SweepTrial> complete)
    {
        // An axis that depends on another is told by the trials with which it counts.
        List<SweepTrial> trials = [.. complete.Where(trial => trial.Point.ContainsKey(axis.Key))];
        List<double> coordinates = [.. trials.Select(trial => trial.Point[axis.Key])];
        List<double> results = [.. trials.Select(trial => trial.Value!.Value)];
        var found = axis.Settings.IsChoice ? OneWayAnalysis.OfChoices(coordinates, results) : OneWayAnalysis.OfNumbers(coordinates, results);
        return new(axis.Key, found.Trials, found.Groups, found.Explained, found.Adjusted, found.Chance, found.Lack);
    }

    /// <param name="axes">What the axes explain.</param>
    /// <param name="learns">Whether points depend on results, so that trials are not independent of one another.</param>
    private static IEnumerable<string> Caveats(IEnumerable<SweepAxisImportance> axes, bool learns)
    {
        yield return "ADJUSTED is EXPLAINED less what as many groups explain by chance; P is how often results dealt at random are explained as well.";
        foreach (var axis in axes.Where(axis => axis.Lack != ImportanceLack.Nothing))
        {
            yield return $"{axis.Axis}: {Reason(axis.Lack)}";
        }
        if (learns)
        {
            yield return "The points of this sampler depend on earlier results, which the permutations behind P do not know: take P as a hint.";
        }
    }

    private static string Reason(ImportanceLack lack) => lack switch
    {
        ImportanceLack.FewTrials => $"too few trials have it; it takes {OneWayAnalysis.FewestTrials.ToString(CultureInfo.InvariantCulture)}.",
        ImportanceLack.OneGroup => "all trials are in one group, so there is nothing to compare.",
        ImportanceLack.SmallGroup => $"a choice of it has fewer than {OneWayAnalysis.FewestPerGroup.ToString(CultureInfo.InvariantCulture)} trials.",
        _ => "all trials have the same result.",
    };
}

/// <summary>What one axis of a sweep explains, as <see cref="AxisImportance"/> says it.</summary>
/// <param name="Axis">The key of the axis.</param>
/// <param name="Trials">How many trials it was computed from: those with which the axis counts.</param>
/// <param name="Groups">How many groups of trials the axis makes.</param>
/// <param name="Explained">The share of the variance that lies between the groups, from 0 to 1; null where there is too little to tell.</param>
/// <param name="Adjusted">The same less what as many groups explain by chance, not below 0.</param>
/// <param name="Chance">How often results that are dealt to the trials at random are explained as well.</param>
/// <param name="Lack">What is missing where there is too little to tell.</param>
public sealed record SweepAxisImportance(string Axis, int Trials, int Groups, double? Explained, double? Adjusted, double? Chance, ImportanceLack Lack);
