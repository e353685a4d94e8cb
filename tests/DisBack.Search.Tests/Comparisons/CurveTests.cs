using DisBack.Search.Comparisons;
using DisBack.Search.Histories;

namespace DisBack.Search.Tests.Comparisons;

/// <summary>What a curve says of places, best values and where a value is reached first.</summary>
public sealed class CurveTests
{
    private static readonly Curve s_curve = new([new(0, 9), new(10, 4), new(20, 5), new(30, double.NaN), new(40, 3)]);

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0, 9.0)]
    [InlineData(19.9, 4.0)]
    [InlineData(35, 5.0)]
    [InlineData(1e9, 3.0)]
    public void A_place_has_the_last_value_at_it_or_before_it(double place, double? value) => Assert.Equal(value, s_curve.At(place));

    [Theory]
    [InlineData(Direction.Minimize, 3.0, 4.5, 10.0, 2.9)]
    [InlineData(Direction.Maximize, 9.0, 5.0, 0.0, 9.1)]
    public void The_first_place_of_a_value_is_that_of_the_first_measurement_that_is_as_good(
        Direction direction, double best, double value, double place, double beyond)
    {
        Assert.Equal(best, s_curve.Best(direction));
        Assert.Equal(place, s_curve.FirstReaching(value, direction));
        Assert.Null(s_curve.FirstReaching(beyond, direction));
    }

    [Fact]
    public void A_curve_without_measurements_has_no_values()
    {
        var curve = new Curve([new(1, double.NaN), new(2, double.PositiveInfinity)]);
        Assert.Empty(curve.Points);
        Assert.Equal((null, null, null), (curve.At(5), curve.Best(Direction.Minimize), curve.FirstReaching(0, Direction.Maximize)));
    }

    [Fact]
    public void A_place_before_an_earlier_one_counts_as_the_earlier_one() =>
        Assert.Equal([-2, -1, -1, 0], new Curve([new(-2, 1), new(-1, 2), new(-2, 3), new(0, 4)]).Points.Select(point => point.Place));

    [Fact]
    public void A_place_that_is_not_finite_is_refused() =>
        Assert.Contains("give a finite number", Assert.Throws<DisBackException>(() => new Curve([new(double.NaN, 1)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Where_a_value_is_reached_the_curve_has_it_and_nowhere_before()
    {
        var random = new Random(8);
        for (var i = 0; i < 1000; i++)
        {
            double[] values = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(100))];
            var (curve, aim) = (new Curve(values.Select((value, place) => new CurvePoint(place, value))), random.Next(100));
            var reached = curve.FirstReaching(aim, Direction.Minimize);
            Assert.Equal(values.Any(value => value <= aim), reached is not null);
            Assert.True(reached is null || curve.At(reached.Value) <= aim);
            Assert.All(values.Take((int)(reached ?? values.Length)), value => Assert.True(value > aim));
        }
    }
}
