using DisBack.Search.Histories;
using DisBack.Search.Samplers;
using DisBack.Search.Spaces;
using DisBack.Search.Tests.Spaces;

namespace DisBack.Search.Tests.Samplers;

/// <summary>The grid is the Cartesian product without what is not active, in its order, and any point of it is found at once.</summary>
public sealed class GridSamplerTests
{
    private static readonly History s_none = new(Direction.Minimize, []);

    [Fact]
    public void The_first_parameter_varies_slowest_and_conditional_ones_within_their_value()
    {
        var space = new SearchSpace(
        [
            new Parameter("host", new CategoricalDomain(2)),
            new Parameter("batch", new IntegerDomain(8, 16, Step: 8)),
            new Parameter("rank", new IntegerDomain(1, 2), new Condition("host", [1])),
        ]);
        Assert.Equal(
            ["0 8", "0 16", "1 8 1", "1 16 1", "1 8 2", "1 16 2"],
            PointsOf(space, new()).Select(point => string.Join(' ', point.Values)));
    }

    [Fact]
    public void The_points_are_the_distinct_ones_of_the_product()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var space = Generated.SpaceOf(new Random(seed));
            var counts = space.Parameters.Where(parameter => parameter.Domain.Count is null).ToDictionary(parameter => parameter.Name, _ => 3);
            var points = PointsOf(space, new() { Counts = counts }).Select(Text);
            var product = space.Parameters.Aggregate(
                (IEnumerable<double[]>)[[]],
                (rows, parameter) => rows.SelectMany(row => ValuesOf(parameter.Domain).Select(value => (double[])[.. row, value])));
            Assert.Equal(product.Select(row => Text(space.PointOf(i => row[i]))).Distinct().Order(), points.Order());
        }
    }

    [Fact]
    public void A_point_of_a_huge_grid_is_found_at_once()
    {
        var space = new SearchSpace(
        [
            new Parameter("a", new IntegerDomain(0, 999_999_999)),
            new Parameter("b", new IntegerDomain(1, 1_000_000_000)),
        ]);
        var grid = new GridSampler();
        Assert.Equal(1_000_000_000_000_000_000, grid.CountPoints(space));
        Assert.Equal([123_456_789, 987_654_322], grid.Propose(space, s_none, 123_456_789_987_654_321).Values);
    }

    [Fact]
    public void A_count_spreads_values_over_the_axis_and_both_ends_are_among_them()
    {
        Assert.Equal([1e-5, 1e-4, 1e-3, 1e-2, 0.1], Values(new RealDomain(1e-5, 0.1, Log: true), 5), (a, b) => Math.Abs(a / b - 1) < 1e-12);
        Assert.Equal([-1, 0, 1], Values(new RealDomain(-1, 1), 3));
        Assert.Equal([1, 4, 16, 64, 256], Values(new IntegerDomain(1, 256, Log: true), 5));
        Assert.Equal([1, 2, 3], Values(new IntegerDomain(1, 3), 10));
        Assert.Equal([0.5], Values(new RealDomain(0, 1), 1));

        double[] Values(Domain domain, int count) =>
            [.. PointsOf(new([new Parameter("x", domain)]), new() { Counts = new Dictionary<string, int> { ["x"] = count } }).Select(point => point["x"])];
    }

    [Fact]
    public void What_cannot_be_enumerated_is_refused()
    {
        var x = new SearchSpace([new Parameter("x", new RealDomain(0, 1))]);
        var category = new SearchSpace([new Parameter("x", new CategoricalDomain(2))]);
        var wide = new SearchSpace(Enumerable.Range(0, 5).Select(i => new Parameter($"x{i}", new IntegerDomain(0, 9999))));
        Assert.Contains("'x' is a continuum", Refusal(x, new()), StringComparison.Ordinal);
        Assert.Contains("'y', which the search space lacks", Refusal(x, Counted("y", 2)), StringComparison.Ordinal);
        Assert.Contains("at least 1", Refusal(x, Counted("x", 0)), StringComparison.Ordinal);
        Assert.Contains("only numeric", Refusal(category, Counted("x", 2)), StringComparison.Ordinal);
        Assert.Contains("more than 2^63", Refusal(wide, new()), StringComparison.Ordinal);
        Assert.Contains("has 2 points", Refusal(category, new(), 2), StringComparison.Ordinal);

        GridSampler Counted(string name, int count) => new() { Counts = new Dictionary<string, int> { [name] = count } };

        string Refusal(SearchSpace space, GridSampler grid, long ordinal = 0) =>
            Assert.Throws<DisBackException>(() => grid.Propose(space, s_none, ordinal)).Message;
    }

    private static IEnumerable<IReadOnlyDictionary<string, double>> PointsOf(SearchSpace space, GridSampler grid) =>
        Enumerable.Range(0, (int)grid.CountPoints(space)!.Value).Select(i => grid.Propose(space, s_none, i));

    private static IEnumerable<double> ValuesOf(Domain domain) => domain.Count is { } count
        ? Enumerable.Range(0, (int)count).Select(i => domain.Separate(i))
        : ((NumericDomain)domain).Spread(3);

    private static string Text(IReadOnlyDictionary<string, double> point) => string.Join(' ', point.Select(value => $"{value.Key}={value.Value:R}"));
}
