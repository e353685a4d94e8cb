using DisBack.ReadModel.Filters;

namespace DisBack.ReadModel.Tests.Filters;

/// <summary>What a filter means, and that a wrong one is refused with the position of its mistake.</summary>
public sealed class FilterParserTests
{
    [Fact]
    public void And_binds_closer_than_or_and_not_closer_than_both()
    {
        var tree = FilterParser.Read("a = 1 or not b = 2 and c = 3");
        var or = Assert.IsType<Condition.Or>(tree);
        Assert.IsType<Condition.Comparison>(or.Left);
        var and = Assert.IsType<Condition.And>(or.Right);
        Assert.IsType<Condition.Not>(and.Left);
    }

    [Theory]
    [InlineData("fid < 5", Comparator.Less, 5.0)]
    [InlineData("fid<=-1e-4", Comparator.LessOrEqual, -1e-4)]
    [InlineData("param.generator.learning_rate >= .5", Comparator.GreaterOrEqual, 0.5)]
    [InlineData("metric.loss/fake != 2E3", Comparator.NotEqual, 2000.0)]
    [InlineData("fid <> 1", Comparator.NotEqual, 1.0)]
    public void Numbers_are_read_as_people_write_them(string filter, object comparator, double value)
    {
        var comparison = Assert.IsType<Condition.Comparison>(FilterParser.Read(filter));
        Assert.Equal(comparator, comparison.Comparator);
        Assert.Equal(value, Assert.IsType<Literal.Number>(comparison.Value).Value);
    }

    [Fact]
    public void Texts_lengths_of_time_and_truths_are_values()
    {
        Assert.Equal("it's", ValueOf<Literal.Text>("name = 'it''s'").Value);
        Assert.Equal(TimeSpan.FromHours(36), ValueOf<Literal.Duration>("submitted > 1.5d").Value);
        Assert.True(ValueOf<Literal.Truth>("sealed = TRUE").Value);
        Assert.Equal(2, Assert.IsType<Condition.OneOf>(FilterParser.Read("status in ('failed', 'paused')")).Values.Count);
        Assert.IsType<Condition.IsAbsent>(Assert.IsType<Condition.Not>(FilterParser.Read("fid is not null")).Inner);
        Assert.IsType<Condition.OneOf>(Assert.IsType<Condition.Not>(FilterParser.Read("fid not in (1)")).Inner);
    }

    [Theory]
    [InlineData("fid <", "position 6: unexpected end")]
    [InlineData("fid < 5 and", "position 12: unexpected end")]
    [InlineData("fid << 5", "position 6")]
    [InlineData("fid = \"x\"", "single quotes")]
    [InlineData("name = 'open", "single quotes")]
    [InlineData("(fid < 5", ")")]
    [InlineData("fid < 5)", "position 8")]
    [InlineData("name like", "a value")]
    [InlineData("fid = 1; drop table runs", "position 7: '1;' is no")]
    [InlineData("submitted > 1e9d", "hundred years")]
    public void A_mistake_is_named_with_its_position(string filter, string message) =>
        Assert.Contains(message, Assert.Throws<DisBackException>(() => FilterParser.Read(filter)).Message, StringComparison.Ordinal);

    [Fact]
    public void Depth_and_length_have_bounds()
    {
        Assert.Contains("deep", Refused(new string('(', 200) + "a = 1" + new string(')', 200)), StringComparison.Ordinal);
        Assert.Contains("deep", Refused(string.Concat(Enumerable.Repeat("not ", 200)) + "a = 1"), StringComparison.Ordinal);
        Assert.Contains("characters", Refused(new string('a', 10_000)), StringComparison.Ordinal);
        // As long as a filter may be, and flat.
        FilterParser.Read(string.Join(" or ", Enumerable.Repeat("a=1", 580)));
    }

    private static string Refused(string filter) => Assert.Throws<DisBackException>(() => FilterParser.Read(filter)).Message;

    private static T ValueOf<T>(string filter) where T : Literal => Assert.IsType<T>(Assert.IsType<Condition.Comparison>(FilterParser.Read(filter)).Value);
}
