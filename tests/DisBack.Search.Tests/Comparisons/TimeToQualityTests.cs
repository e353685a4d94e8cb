using DisBack.Search.Comparisons;
using DisBack.Search.Histories;

namespace DisBack.Search.Tests.Comparisons;

/// <summary>Means and medians of where a value was reached, also where some runs never did.</summary>
public sealed class TimeToQualityTests
{
    [Fact]
    public void A_mean_needs_every_run_and_a_median_more_than_half_of_them()
    {
        Assert.Equal((4, true, 25, 25), Of(40, 10, 20, 30));
        Assert.Equal((3, false, null, 25), Of(null, 10, 20, 30));
        Assert.Equal((2, false, null, null), Of(null, 10, 20, null));
        Assert.Equal((2, false, null, 20), Of(null, 10, 20));
        Assert.Equal((0, false, null, null), Of(null, null));
        Assert.Equal((0, false, null, null), Of());
    }

    [Fact]
    public void Curves_reach_a_value_where_they_have_it_first()
    {
        Curve[] curves = [new([new(0, 9), new(8, 3), new(16, 1)]), new([new(0, 9), new(8, 4)]), new([])];
        Assert.Equal([8, null, null], TimeToQuality.Of(curves, 3, Direction.Minimize).Places);
        Assert.Equal([0, 0, null], TimeToQuality.Of(curves, 9, Direction.Maximize).Places);
    }

    private static (int, bool, double?, double?) Of(params double?[] places)
    {
        var time = new TimeToQuality(places);
        return (time.Reached, time.IsComplete, time.Mean, time.Median);
    }
}
