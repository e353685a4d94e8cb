using DisBack.Search.Spaces;

namespace DisBack.Search.Tests.Spaces;

/// <summary>A space that makes no sense is refused in one sentence that names the parameter.</summary>
public sealed class SearchSpaceTests
{
    public static TheoryData<Domain, string> BadDomains => new()
    {
        { new RealDomain(2, 1), "low end below its high end" },
        { new RealDomain(1, 1), "low end below its high end" },
        { new RealDomain(0, double.PositiveInfinity), "finite ends" },
        { new RealDomain(double.NaN, 1), "finite ends" },
        { new RealDomain(0, 1, Log: true), "raise the low end" },
        { new RealDomain(1, 2, Log: true, Step: 1), "leave one of the two away" },
        { new RealDomain(0, 1, Step: 0), "finite one above 0" },
        { new RealDomain(0, 1, Step: double.NaN), "finite one above 0" },
        { new RealDomain(0, 1e9, Step: 1e-9), "too short" },
        { new IntegerDomain(2, 1), "low end that is not above" },
        { new IntegerDomain(0, 8, Log: true), "raise the low end to 1" },
        { new IntegerDomain(1, 8, Log: true, Step: 2), "leave one of the two away" },
        { new IntegerDomain(0, 8, Step: 0), "at least 1" },
        { new IntegerDomain(0, long.MaxValue), "2^53" },
        { new CategoricalDomain(0), "at least one" },
    };

    [Theory, MemberData(nameof(BadDomains))]
    public void A_domain_that_cannot_be_searched_is_refused(Domain domain, string wayOut)
    {
        var message = Refusal(new Parameter("rate", domain));
        Assert.StartsWith("The domain of parameter 'rate' cannot be searched: ", message, StringComparison.Ordinal);
        Assert.Contains(wayOut, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_unique_and_a_space_has_parameters()
    {
        Assert.Contains("give it at least one", Refusal(), StringComparison.Ordinal);
        Assert.Contains("empty name", Refusal(new Parameter("", new CategoricalDomain(2))), StringComparison.Ordinal);
        Assert.Contains("'a'", Refusal(new Parameter("a", new CategoricalDomain(2)), new Parameter("a", new CategoricalDomain(2))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_that_never_holds_is_refused()
    {
        var host = new Parameter("host", new CategoricalDomain(3));
        Assert.Contains("lacks", Refusal(host, When("hots", 0)), StringComparison.Ordinal);
        Assert.Contains("never has", Refusal(host, When("host", 3)), StringComparison.Ordinal);
        Assert.Contains("never has", Refusal(host, When("host", double.NaN)), StringComparison.Ordinal);
        Assert.Contains("at least one", Refusal(host, When("host")), StringComparison.Ordinal);
        Assert.Contains("give 'host' a step", Refusal(new Parameter("host", new RealDomain(0, 1)), When("host", 0.5)), StringComparison.Ordinal);
    }

    [Fact]
    public void Conditions_in_a_circle_are_refused()
    {
        var message = Refusal(
            new Parameter("free", new CategoricalDomain(2)),
            new Parameter("a", new CategoricalDomain(2), new Condition("c", [0])),
            new Parameter("b", new CategoricalDomain(2), new Condition("a", [0])),
            new Parameter("c", new CategoricalDomain(2), new Condition("b", [0])));
        Assert.Contains("in a circle: 'a', 'b', 'c'", message, StringComparison.Ordinal);
        Assert.Contains("'self'", Refusal(new Parameter("self", new CategoricalDomain(2), new Condition("self", [0]))), StringComparison.Ordinal);
    }

    /// <summary>0.1 + 2 * 0.1 is not the double 0.3, and is meant.</summary>
    [Fact]
    public void A_condition_finds_a_value_of_a_grid_that_rounding_has_moved()
    {
        var space = new SearchSpace([new Parameter("part", new RealDomain(0.1, 0.7, Step: 0.1)), When("part", 0.3)]);
        Assert.Equal(2, space.PointOf(i => i == 0 ? space.Parameters[0].Domain.Separate(2) : 0).Count);
    }

    [Fact]
    public void A_range_of_no_whole_number_of_steps_ends_with_the_last_step_inside()
    {
        Assert.Equal(4, new IntegerDomain(2, 12, Step: 3).Count);
        Assert.Equal(11, new IntegerDomain(2, 12, Step: 3).Nearest(100));
        Assert.Equal(0.3, new RealDomain(0, 0.3, Step: 0.1).Nearest(100));
        Assert.Equal(0.2, new RealDomain(0, 0.29, Step: 0.1).Nearest(100));
    }

    private static Parameter When(string parameter, params double[] values) =>
        new("conditional", new CategoricalDomain(2), new Condition(parameter, values));

    private static string Refusal(params Parameter[] parameters) => Assert.Throws<DisBackException>(() => new SearchSpace(parameters)).Message;
}
