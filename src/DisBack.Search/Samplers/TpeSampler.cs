using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// The tree-structured Parzen estimator (Bergstra et al., Algorithms for hyper-parameter optimization, 2011), one parameter at a time, with the settings of
/// Optuna 3.1: of 24 values that are drawn where good trials lie, the one is tried that is likeliest among the good trials relative to the rest.
/// </summary>
/// <remarks>
/// Until ten trials have completed or were pruned, points are those of <see cref="RandomSampler"/> with the same seed. Failed trials do not count. The order
/// of the trials in the history does not matter, but their ordinals do: the newest 25 of the rest weigh most, and of equal values the older one counts as
/// the better. A parameter learns from the trials in which it was active.
/// </remarks>
public sealed record TpeSampler : Sampler
{
    internal const int StartupTrials = 10;

    internal const int Candidates = 24;

    /// <summary>Any number; another one gives other points.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// Whether running trials count among the rest, as if they were bad (the constant liar). That keeps trials which run at the same time apart; otherwise
    /// running trials are passed over.
    /// </summary>
    public bool ConstantLiar { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Propose(SearchSpace space, History history, long ordinal)
    {
        var split = TrialSplit.Of(history, ConstantLiar);
        return split.Finished < StartupTrials
            ? new RandomSampler { Seed = Seed }.Propose(space, history, ordinal)
            : space.PointOf(i => Choose(split, space.Parameters[i], index => Draw.Uniform(Seed, ordinal, i, index)));
    }

    private static double Choose(TrialSplit split, Parameter parameter, Func<int, double> uniform)
    {
        var good = ParzenEstimator.Of(parameter.Domain, TrialSplit.ValuesOf(parameter, split.Good));
        var rest = ParzenEstimator.Of(parameter.Domain, TrialSplit.ValuesOf(parameter, split.Rest));
        var (best, bestRatio) = (double.NaN, double.NegativeInfinity);
        for (var i = 0; i < Candidates; i++)
        {
            // Not the number of the random point, which the same seed and ordinal have.
            var candidate = good.Sample(uniform(2 * i + 1), uniform(2 * i + 2));
            var ratio = good.LogDensity(candidate) - rest.LogDensity(candidate);
            if (ratio > bestRatio)
            {
                (best, bestRatio) = (candidate, ratio);
            }
        }
        return best;
    }
}
