using MathNet.Numerics.Distributions;

namespace DisBack.Benchmarks.Samplers;

/// <summary>The Mann-Whitney U test of two samples by its normal approximation, with the corrections for ties and for continuity.</summary>
/// <param name="TwoSided">The probability of a difference at least as large, if both have one distribution.</param>
/// <param name="Greater">The probability that the first has values at least as large, if both have one distribution.</param>
internal readonly record struct MannWhitney(double TwoSided, double Greater)
{
    public static MannWhitney Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var u = first.Sum(a => second.Sum(b => a > b ? 1 : a == b ? 0.5 : 0));
        double n = first.Count + second.Count;
        double pairs = first.Count * second.Count;
        var ties = first.Concat(second).GroupBy(value => value).Sum(group => Math.Pow(group.Count(), 3) - group.Count());
        var deviation = Math.Sqrt(pairs / 12 * (n + 1 - ties / (n * (n - 1))));
        var greater = Above(u - pairs / 2);
        return new(Math.Min(1, 2 * Math.Min(greater, Above(pairs / 2 - u))), greater);

        double Above(double excess) => 1 - Normal.CDF(0, 1, (excess - 0.5) / deviation);
    }
}
