using System.Text;
using DisBack.Storage.Metrics;
using Parquet;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>What any Parquet reader finds in a column file.</summary>
public sealed class ColumnFileTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_has_six_columns_of_which_only_the_text_may_be_missing()
    {
        await using var reader = await OpenAsync(new ChunkLine(new MetricPoint(8, "loss", 0.5, s_noon)));

        Assert.Equal(
            [("kind", false), ("step", false), ("name", false), ("value", false), ("ticks", false), ("text", true)],
            reader.Schema.DataFields.Select(field => (field.Name, field.IsNullable)));
    }

    [Fact]
    public async Task A_header_a_point_and_an_event_are_a_row_each()
    {
        var happened = new ChunkLine(Event: new MetricEvent(9, "switch", "Target 3 -> 2.", s_noon.AddSeconds(2)));
        await using var reader = await OpenAsync(new ChunkLine(new MetricPoint(8, "loss", 0.5, s_noon.AddSeconds(1))), happened);
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal((1, 3L), (reader.RowGroupCount, group.RowCount));
        var (kinds, steps, values, ticks) = (new int[3], new long[3], new double[3], new long[3]);
        var (names, texts) = (new string?[3], new string?[3]);
        await group.ReadAsync<int>(ColumnFile.Kind, kinds, cancellationToken: Cancellation);
        await group.ReadAsync<long>(ColumnFile.Step, steps, cancellationToken: Cancellation);
        await group.ReadAsync(ColumnFile.Name, names, cancellationToken: Cancellation);
        await group.ReadAsync<double>(ColumnFile.Value, values, cancellationToken: Cancellation);
        await group.ReadAsync<long>(ColumnFile.Ticks, ticks, cancellationToken: Cancellation);
        await group.ReadAsync(ColumnFile.Text, texts, cancellationToken: Cancellation);

        Assert.Equal([0, 1, 2], kinds);
        Assert.Equal([7L, 8, 9], steps);
        Assert.Equal(["000001.ndjson", "loss", "switch"], names);
        Assert.Equal([0, 0.5, 0], values);
        Assert.Equal([.. new[] { 0, 1, 2 }.Select(seconds => s_noon.AddSeconds(seconds).UtcTicks)], ticks);
        Assert.Equal(["0123456789abcdef", null, Encoding.UTF8.GetString(MetricChunk.Line(happened).Span)], texts);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public async Task A_group_ends_where_it_is_full_and_none_is_empty(int more, int groups)
    {
        var point = new ChunkLine(new MetricPoint(8, "loss", 0.5, s_noon));
        await using var reader = await OpenAsync([.. Enumerable.Repeat(point, ColumnFile.GroupRows - 1 + more)]);

        Assert.Equal(groups, reader.RowGroupCount);
    }

    private static async Task<ParquetReader> OpenAsync(params ChunkLine[] lines)
    {
        await using var writer = new ColumnFileWriter();
        await writer.AddAsync(new MetricChunk("000001.ndjson", "0123456789abcdef", new ChunkHeader(1, 1, 7, s_noon), lines), Cancellation);
        var content = await writer.FinishAsync(Cancellation);
        return await ParquetReader.CreateAsync(content.ToStream(), cancellationToken: Cancellation);
    }
}
