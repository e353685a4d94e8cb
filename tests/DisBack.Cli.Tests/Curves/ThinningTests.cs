using DisBack.Client.Curves;

namespace DisBack.Cli.Tests.Curves;

/// <summary>A thinned curve has every extreme, both ends, and bounds that hold all of its measurements.</summary>
public sealed class ThinningTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory, MemberData(nameof(Seeds))]
    public void Its_parts_hold_all_measurements_within_bounds_that_are_reached(int seed)
    {
        var random = new Random(seed);
        var (places, values) = Measurements(random);
        var parts = random.Next(1, 40);
        var finite = places.Zip(values).Where(point => double.IsFinite(point.Second)).OrderBy(point => point.First).ToList();

        var curve = Thinning.Of("r", "m", places, values, parts);

        if (finite.Count == 0)
        {
            Assert.Null(curve);
            return;
        }
        Assert.NotNull(curve);
        Assert.Equal((finite.Count, values.Length - finite.Count), (curve.Measured, curve.NotFinite));
        Assert.Equal((finite[0].First, finite[^1].First), (curve.From[0], curve.To[^1]));
        Assert.Equal((finite[0].Second, finite[^1].Second), (curve.First, curve.Last));
        Assert.Equal((finite.Min(point => point.Second), finite.Max(point => point.Second)), (curve.Low.Min(), curve.High.Max()));
        Assert.InRange(curve.From.Count, 1, parts);
        Assert.All([curve.To, curve.Low, curve.Mean, curve.High], column => Assert.Equal(curve.From.Count, column.Count));
        if (finite.Count <= parts)
        {
            Assert.Equal(finite.Select(point => point.First), curve.From);
            Assert.Equal(curve.From, curve.To);
            Assert.All([curve.Low, curve.Mean, curve.High], column => Assert.Equal(finite.Select(point => point.Second), column));
            return;
        }
        for (var part = 0; part < curve.From.Count; part++)
        {
            var here = finite.Where(point => point.First >= curve.From[part] && point.First <= curve.To[part]).Select(point => point.Second).ToList();
            Assert.Equal((here.Min(), here.Max()), (curve.Low[part], curve.High[part]));
            Assert.Equal(here.Average(), curve.Mean[part], 1e-9 * Math.Max(1, here.Max(Math.Abs)));
            Assert.True(part == 0 || curve.From[part] > curve.To[part - 1]);
        }
        Assert.Equal(finite.Count, Enumerable.Range(0, curve.From.Count)
            .Sum(part => finite.Count(point => point.First >= curve.From[part] && point.First <= curve.To[part])));
    }

    [Fact]
    public void Values_at_the_end_of_the_range_of_numbers_have_a_mean_within_their_bounds()
    {
        var curve = Thinning.Of("r", "m", [0, 1, 2], [double.MaxValue, double.MaxValue, -1], 1)!;
        Assert.Equal((-1, double.MaxValue), (curve.Low[0], curve.High[0]));
        Assert.InRange(curve.Mean[0], -1, double.MaxValue);
    }

    /// <summary>Steps that repeat and have gaps, a clock that is set back now and then, and values some of which are no numbers.</summary>
    private static (double[] Places, double[] Values) Measurements(Random random)
    {
        var count = random.Next(0, 200);
        var (places, values) = (new double[count], new double[count]);
        var place = random.NextDouble() * 100;
        for (var i = 0; i < count; i++)
        {
            place += random.Next(4) switch { 0 => 0, 1 => 50 * random.NextDouble(), 2 when random.Next(20) == 0 => -30, _ => 1 };
            places[i] = place;
            values[i] = random.Next(12) switch
            {
                0 => double.NaN,
                1 => double.PositiveInfinity,
                2 => 0,
                _ => Math.Exp(8 * random.NextDouble()) - 20,
            };
        }
        return (places, values);
    }
}
