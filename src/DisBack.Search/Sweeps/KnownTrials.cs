using System.Globalization;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Search.Sweeps;

/// <summary>The trials of a sweep that are known before it is submitted.</summary>
public static class KnownTrials
{
    private const int MostMistakes = 20;

    /// <summary>Trials by which a sweep is judged whose points depend on results.</summary>
    private const int MostGuessed = 256;

    /// <summary>
    /// All trials of a sampler that learns nothing, for combinations can be wrong where no single value is; of one that learns a few as if it had learnt
    /// nothing.
    /// </summary>
    /// <param name="plan">The spec of the sweep.</param>
    /// <param name="sampler">Its sampler.</param>
    /// <param name="first">The first trial that is not there yet.</param>
    /// <param name="most">How many are tried; null tries all.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="SpecException">Some of them cannot be run.</exception>
    public static IReadOnlyList<KnownTrial> Of(SweepPlan plan, SweepSampler sampler, int first, int? most, CancellationToken cancellation)
    {
        var count = (int)Math.Min(Math.Max(0, sampler.Total - first), Math.Min(most ?? int.MaxValue, sampler.Learns ? MostGuessed : int.MaxValue));
        var tried = Enumerable.Range(first, count).AsParallel().AsOrdered().WithCancellation(cancellation)
            .Select(ordinal => Try(plan, ordinal, sampler.Propose(ordinal, []))).ToList();
        return tried.SelectMany(trial => trial.Mistakes).Take(MostMistakes).ToList() is { Count: > 0 } mistakes && !sampler.Learns
            ? throw new SpecException(mistakes)
            : [.. tried.Where(trial => trial.Known is not null).Select(trial => trial.Known!)];
    }

    private static (KnownTrial? Known, IReadOnlyList<SpecProblem> Mistakes) Try(
        SweepPlan plan, int ordinal, IReadOnlyDictionary<string, double> point)
    {
        try
        {
            return (new KnownTrial(point, plan.ExperimentAt(point)), []);
        }
        catch (SpecException impossible)
        {
            var trial = $"trial {ordinal.ToString(CultureInfo.InvariantCulture)}: {plan.Show(point)}";
            return (null, [.. impossible.Problems.Select(problem => problem with { What = $"{problem.What} ({trial})" })]);
        }
    }
}
