using DisBack.Search.Sweeps;
using DisBack.Specs.Sweeps;

namespace DisBack.Search.Tests.Sweeps;

/// <summary>A sampler goes on where an amendment finds it: no point of a grid comes twice, and none is left out.</summary>
public sealed class AmendedSamplerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_widened_grid_has_the_points_that_there_were_and_then_the_others(int begun)
    {
        var before = new SweepSampler(Grid("[1, 2]", "[5, 6]"));
        var earlier = Enumerable.Range(0, begun).Select(ordinal => before.Propose(ordinal, [])).ToList();
        var wide = Grid("[1, 2, 3]", "[5, 6]");
        var after = new SweepSampler(wide, earlier);

        var points = Enumerable.Range(0, (int)after.Total).Select(ordinal => Text(after.Propose(ordinal, []))).ToList();

        Assert.Equal(6, after.Total);
        Assert.Equal(earlier.Select(Text), points.Take(begun));
        Assert.Equal(Enumerable.Range(0, 6).Select(ordinal => Text(new SweepSampler(wide).Propose(ordinal, []))).Order(), points.Order());
    }

    [Fact]
    public void Points_that_the_new_grid_lacks_stay_and_count()
    {
        var before = new SweepSampler(Counted(3));
        var earlier = Enumerable.Range(0, 3).Select(ordinal => before.Propose(ordinal, [])).ToList();
        var after = new SweepSampler(Counted(4), earlier);

        Assert.Equal(5, after.Total);
        Assert.Equal(
            ["100", "500", "900", "366.7", "633.3"],
            Enumerable.Range(0, 5).Select(ordinal => FormattableString.Invariant($"{after.Propose(ordinal, [])["student.sigma_init"]:0.#}")));
    }

    private static SweepPlan Grid(string batches, string seeds) => SweepPlan.Parse(
        $$"""
        name: swept
        teacher: digits
        search:
          sampler: grid
          space: { backtracking.batch: {{batches}}, seed: {{seeds}} }
        """,
        "sweep.yaml");

    private static SweepPlan Counted(int count) => SweepPlan.Parse(
        $$"""
        name: swept
        teacher: digits
        search:
          sampler: grid
          space: { student.sigma_init: { low: 100, high: 900, count: {{count}} } }
        """,
        "sweep.yaml");

    private static string Text(IReadOnlyDictionary<string, double> point) =>
        string.Join(' ', point.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value:R}"));
}
