using DisBack.Storage.Metrics;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>Which bytes are a chunk, line by line.</summary>
public sealed class MetricChunkTests
{
    private const string Header = """{"schema_version":1,"attempt":1,"resumed_at":0,"time":"2026-01-02T12:00:00+00:00"}""";
    private const string PointMember = """
        "point":{"step":1,"name":"loss","value":1,"time":"2026-01-02T12:00:00+00:00"}
        """;
    private const string EventMember = """
        "event":{"step":1,"kind":"end","text":"ended","time":"2026-01-02T12:00:00+00:00"}
        """;
    private const string Point = $"{{{PointMember}}}";

    /// <summary>Column files of before hold it.</summary>
    [Fact]
    public void The_id_is_the_first_sixteen_digits_of_the_digest() => Assert.Equal("e3b0c44298fc1c14", MetricChunk.IdOf(BinaryData.Empty));

    [Fact]
    public void An_empty_line_is_damage_and_what_follows_it_is_read()
    {
        var between = Parse($"{Header}\n\n{Point}\n");
        var last = Parse($"{Header}\n{Point}\n\n");

        Assert.Equal((2, 1), (between.Damaged, between.Lines.Count));
        Assert.Equal((3, 1), (last.Damaged, last.Lines.Count));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"point":{"step":1,"value":1,"time":"2026-01-02T12:00:00+00:00"}}""")]
    [InlineData("""{"point":{"step":1,"name":null,"value":1,"time":"2026-01-02T12:00:00+00:00"}}""")]
    [InlineData("""{"event":{"step":1,"text":"ended","time":"2026-01-02T12:00:00+00:00"}}""")]
    [InlineData("""{"event":{"step":1,"kind":"end","time":"2026-01-02T12:00:00+00:00"}}""")]
    [InlineData("""{"event":{"step":1,"kind":"end","text":null,"time":"2026-01-02T12:00:00+00:00"}}""")]
    public void A_line_that_says_null_or_lacks_a_text_is_damage(string line)
    {
        var chunk = Parse($"{Header}\n{line}\n{Point}\n");

        Assert.Equal((2, 1), (chunk.Damaged, chunk.Lines.Count));
    }

    /// <summary>Columns keep times in UTC only.</summary>
    [Fact]
    public void A_chunk_with_a_time_of_another_zone_is_not_all_that_columns_keep()
    {
        foreach (var text in new[] { $"{Zoned(Header)}\n{Point}\n", $"{Header}\n{Zoned(Point)}\n" })
        {
            var content = BinaryData.FromString(text);
            Assert.False(MetricChunk.Parse("chunk", content).IsAllOf(1, content));
        }

        static string Zoned(string line) => line.Replace("+00:00", "+02:00", StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_line_is_no_damage_and_only_a_chunk_without_one_is_all_of_its_bytes()
    {
        var content = BinaryData.FromString($"{Header}\n{Point}\n");
        var torn = BinaryData.FromString($"{Header}\n{Point}\n{Point[..^1]}");

        Assert.Null(MetricChunk.Parse("chunk", torn).Damaged);
        Assert.True(MetricChunk.Parse("chunk", content).IsAllOf(1, content));
        Assert.False(MetricChunk.Parse("chunk", content).IsAllOf(2, content));
        Assert.False(MetricChunk.Parse("chunk", torn).IsAllOf(1, torn));
    }

    /// <summary>What is neither point nor event, both at once, or written in another way has no row.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"event":{"step":1,"kind":"end","text":"ended","time":"2026-01-02T12:00:00+02:00"}}""")]
    [InlineData("""{"point": {"step":1,"name":"loss","value":1,"time":"2026-01-02T12:00:00+00:00"}}""")]
    [InlineData($"{{{PointMember},{EventMember}}}")]
    public void A_line_that_no_row_gives_back_is_kept(string line)
    {
        var content = BinaryData.FromString($"{Header}\n{line}\n");

        var chunk = MetricChunk.Parse("chunk", content);

        Assert.Equal((null, 1), (chunk.Damaged, chunk.Lines.Count));
        Assert.False(chunk.IsAllOf(1, content));
    }

    [Fact]
    public void An_event_is_a_row()
    {
        var content = BinaryData.FromString($"{Header}\n{{{EventMember}}}\n");

        Assert.True(MetricChunk.Parse("chunk", content).IsAllOf(1, content));
    }

    private static MetricChunk Parse(string text) => MetricChunk.Parse("chunk", BinaryData.FromString(text));
}
