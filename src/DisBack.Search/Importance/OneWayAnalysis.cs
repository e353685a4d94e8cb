using DisBack.Search.Samplers;

namespace DisBack.Search.Importance;

/// <summary>
/// One-way analysis of variance of results in groups. It sees what an axis does by itself, averaged over the others, and nothing that two axes do together
/// alone.
/// </summary>
public static class OneWayAnalysis
{
    /// <summary>The fewest trials.</summary>
    public const int FewestTrials = 10;

    /// <summary>The fewest trials of a group.</summary>
    public const int FewestPerGroup = 3;

    /// <summary>How often results are dealt anew.</summary>
    public const int Permutations = 1999;

    /// <summary>What choices explain.</summary>
    /// <param name="choices">The choice of each trial.</param>
    /// <param name="results">The result of each trial; finite numbers.</param>
    /// <param name="seed">Seed of the permutations.</param>
    public static AxisImportance OfChoices(IReadOnlyList<double> choices, IReadOnlyList<double> results, long seed = 0)
    {
        List<double> distinct = [.. choices.Distinct().Order()];
        return Of([.. choices.Select(choice => distinct.BinarySearch(choice))], distinct.Count, results, seed);
    }

    /// <summary>What numbers explain, in bins by their ranks.</summary>
    /// <param name="numbers">The number of each trial.</param>
    /// <param name="results">The result of each trial; finite numbers.</param>
    /// <param name="seed">Seed of the permutations.</param>
    public static AxisImportance OfNumbers(IReadOnlyList<double> numbers, IReadOnlyList<double> results, long seed = 0)
    {
        var bins = RankBins.Of(numbers, FewestPerGroup);
        return Of(bins, bins.Length == 0 ? 0 : bins.Max() + 1, results, seed);
    }

    private static AxisImportance Of(int[] groups, int count, IReadOnlyList<double> results, long seed)
    {
        if (groups.Length != results.Count || results.Any(result => !double.IsFinite(result)))
        {
            throw new DisBackException($"There are {groups.Length} trials and {results.Count} results; give each trial a result that is a finite number.");
        }
        var (n, sizes) = (groups.Length, new int[count]);
        foreach (var group in groups)
        {
            sizes[group]++;
        }
        var lack = n < FewestTrials ? ImportanceLack.FewTrials
            : count < 2 ? ImportanceLack.OneGroup
            : sizes.Min() < FewestPerGroup ? ImportanceLack.SmallGroup
            : results.Distinct().Count() == 1 ? ImportanceLack.NoVariance
            : ImportanceLack.Nothing;
        if (lack != ImportanceLack.Nothing)
        {
            return new(n, count, null, null, null, lack);
        }
        var mean = results.Average();
        double[] centred = [.. results.Select(result => result - mean)];
        var total = centred.Sum(value => value * value);
        var between = Math.Min(total, Between(groups, sizes, centred));
        var within = (total - between) / (n - count);
        return new(
            n, count, between / total, Math.Max(0, (between - (count - 1) * within) / (total + within)), Chance(groups, sizes, centred, between, seed), lack);
    }

    /// <summary>The sum of squares between the groups, of results with mean 0.</summary>
    private static double Between(int[] groups, int[] sizes, double[] centred)
    {
        var sums = new double[sizes.Length];
        for (var i = 0; i < groups.Length; i++)
        {
            sums[groups[i]] += centred[i];
        }
        return sums.Zip(sizes, (sum, size) => sum * sum / size).Sum();
    }

    private static double Chance(int[] groups, int[] sizes, double[] centred, double between, long seed)
    {
        // The same groups in another order of sums differ by rounding.
        var least = between * (1 - 1e-12);
        var (dealt, asMuch) = ((double[])centred.Clone(), 1);
        for (var permutation = 0; permutation < Permutations; permutation++)
        {
            for (var i = dealt.Length - 1; i > 0; i--)
            {
                var other = (int)(Draw.Bits(seed, permutation, i, 0) % (ulong)(i + 1));
                (dealt[i], dealt[other]) = (dealt[other], dealt[i]);
            }
            asMuch += Between(groups, sizes, dealt) >= least ? 1 : 0;
        }
        return asMuch / (Permutations + 1.0);
    }
}
