using DisBack.Search.Comparisons;

namespace DisBack.Search.Tests.Comparisons;

/// <summary>The ratio of two arms and its interval, and why there is none.</summary>
public sealed class RatioEstimateTests
{
    // SciPy 1.10.1:
    //   def welch(a, b, level):
    //       a, b = numpy.log(a), numpy.log(b)
    //       va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    //       df = (va + vb) ** 2 / (va ** 2 / (len(a) - 1) + vb ** 2 / (len(b) - 1))
    //       h = scipy.stats.t.ppf((1 + level) / 2, df) * numpy.sqrt(va + vb)
    //       return numpy.exp([a.mean() - b.mean(), a.mean() - b.mean() - h, a.mean() - b.mean() + h])
    public static TheoryData<double[], double[], double, double, double, double> Oracle => new()
    {
        { [1200, 1500, 1350, 1100], [2400, 2100, 2600], 0.95, 0.5423526646163161, 0.42764176807697485, 0.6878336841116801 },
        { [1200, 1500, 1350, 1100], [2400, 2100, 2600], 0.9, 0.5423526646163161, 0.4502708120345738, 0.6532655569818111 },
        { [10, 10, 10], [20, 40, 30, 25, 35], 0.95, 0.34320700314461394, 0.24428690118769378, 0.48218322977949707 },
    };

    [Theory, MemberData(nameof(Oracle))]
    public void Ratio_and_interval_are_those_of_Welch_on_logarithms(double[] arm, double[] first, double level, double ratio, double low, double high)
    {
        var estimate = RatioEstimate.Of(Reached(arm), Reached(first), level);
        Assert.Equal(RatioLack.Nothing, estimate.Lack);
        Assert.Equal([ratio, low, high], [estimate.Ratio!.Value, estimate.Low!.Value, estimate.High!.Value], (a, b) => Math.Abs(a - b) <= 1e-9 * b);
    }

    [Fact]
    public void Exchanging_the_arms_inverts_ratio_and_interval()
    {
        var (one, other) = (Reached([5, 7, 8]), Reached([9, 12, 20, 11]));
        var (there, back) = (RatioEstimate.Of(one, other), RatioEstimate.Of(other, one));
        Assert.Equal(1, there.Ratio!.Value * back.Ratio!.Value, 12);
        Assert.Equal(1, there.Low!.Value * back.High!.Value, 12);
        Assert.True(there.Low < there.Ratio && there.Ratio < there.High);
    }

    [Fact]
    public void What_cannot_be_told_is_not_told()
    {
        Assert.Equal(new(null, null, null, RatioLack.Censored), RatioEstimate.Of(new([10, null, 20]), Reached([1, 2, 3])));
        Assert.Equal(new(null, null, null, RatioLack.Censored), RatioEstimate.Of(Reached([1, 2, 3]), new([])));
        Assert.Equal(new(null, null, null, RatioLack.FromTheStart), RatioEstimate.Of(Reached([0, 2, 3]), Reached([1, 2, 3])));
        Assert.Equal(RatioLack.FewRuns, RatioEstimate.Of(Reached([4, 4]), Reached([2, 2, 2])).Lack);
        Assert.Equal(2, RatioEstimate.Of(Reached([4, 4]), Reached([2, 2, 2])).Ratio!.Value, 12);
        Assert.Equal(RatioLack.NoSpread, RatioEstimate.Of(Reached([0.3, 0.3, 0.3]), Reached([0.7, 0.7, 0.7])).Lack);
    }

    private static TimeToQuality Reached(double[] places) => new([.. places.Select(place => (double?)place)]);
}
