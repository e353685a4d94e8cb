using DisBack.Storage.Metrics;
using Parquet;
using Parquet.Schema;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>A column file whose bytes are those that were written, but not by this program, is refused by what is wrong with it.</summary>
public sealed class ColumnFileReaderTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly Row s_header = new((int)RowKind.Header, 7, "000001.ndjson", 0, s_noon.UtcTicks, "0123456789abcdef");
    private static readonly Row s_point = new((int)RowKind.Point, 8, "loss", 0.5, s_noon.UtcTicks, null);

    public static TheoryData<Row[], string> Damage => new()
    {
        { [s_point], "a row is before the first header" },
        { [s_header, s_point with { Kind = 3 }], "a row is of the unknown kind 3" },
        { [s_header, s_point with { Kind = (int)RowKind.Event }], "a row is of the unknown kind 2" },
        { [s_header, s_point with { Kind = (int)RowKind.Event, Text = "{" }], "an event cannot be read" },
        { [s_header, s_point with { Ticks = -1 }], "a time is out of range" },
        { [s_header, s_point with { Ticks = DateTimeOffset.MaxValue.Ticks + 1 }], "a time is out of range" },
        { [s_header with { Ticks = -1 }], "a time is out of range" },
        { [s_header, s_point with { Name = null }], "its columns are not those of its schema" },
        { [.. Enumerable.Repeat(s_point, ColumnFile.GroupRows).Prepend(s_header)], "a group has 65537 rows" },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Damage), DisableDiscoveryEnumeration = true)]
    public async Task What_no_writer_of_this_version_makes_is_refused(Row[] rows, string why)
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(rows));
        Assert.Equal(why, error.Message);
    }

    [Fact]
    public async Task Another_schema_is_refused_by_its_name()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync([s_header], schema: "2"));
        Assert.Equal("its columns are of schema '2', which this version does not know", error.Message);
    }

    [Fact]
    public async Task The_first_and_the_last_time_and_a_group_of_all_its_rows_are_read()
    {
        Row[] rows = [s_header with { Text = null }, s_point with { Ticks = 0 }, s_point with { Ticks = DateTimeOffset.MaxValue.Ticks }];
        var chunk = Assert.Single(await ReadAsync(rows));
        Assert.Equal(("000001.ndjson", "", 7L, 4), (chunk.File, chunk.Id, chunk.Header!.ResumedAt, chunk.Header.Attempt));
        Assert.Equal(new[] { 0, DateTimeOffset.MaxValue.Ticks }, chunk.Lines.Select(line => line.Point!.Time.Ticks));

        chunk = Assert.Single(await ReadAsync([.. Enumerable.Repeat(s_point, ColumnFile.GroupRows - 1).Prepend(s_header)]));
        Assert.Equal(ColumnFile.GroupRows - 1, chunk.Lines.Count);
    }

    [Fact]
    public async Task A_reading_that_is_cancelled_says_so() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync([s_header], cancellation: new(canceled: true)));

    private static async Task<List<MetricChunk>> ReadAsync(
        Row[] rows, string schema = ColumnFile.CurrentSchema, CancellationToken? cancellation = null)
    {
        using var file = new MemoryStream();
        var name = rows.Any(row => row.Name is null) ? new DataField("name", typeof(string), isNullable: true) : ColumnFile.Name;
        var columns = new ParquetSchema(ColumnFile.Kind, ColumnFile.Step, name, ColumnFile.Value, ColumnFile.Ticks, ColumnFile.Text);
        await using (var writer = await ParquetWriter.CreateAsync(columns, file, ColumnFile.Options(), append: false, Cancellation))
        {
            writer.CustomMetadata = new Dictionary<string, string> { [ColumnFile.SchemaKey] = schema };
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<int>(ColumnFile.Kind, rows.Select(row => row.Kind).ToArray(), cancellationToken: Cancellation);
            await group.WriteAsync<long>(ColumnFile.Step, rows.Select(row => row.Step).ToArray(), cancellationToken: Cancellation);
            await group.WriteAsync(name, rows.Select(row => row.Name!).ToList());
            await group.WriteAsync<double>(ColumnFile.Value, rows.Select(row => row.Value).ToArray(), cancellationToken: Cancellation);
            await group.WriteAsync<long>(ColumnFile.Ticks, rows.Select(row => row.Ticks).ToArray(), cancellationToken: Cancellation);
            await group.WriteAsync(ColumnFile.Text, rows.Select(row => row.Text!).ToList());
        }
        var content = BinaryData.FromBytes(file.ToArray());
        var blob = ChunkNames.OfColumns("metrics/run/0004", ChunkNames.DigestOf(content));
        var chunks = new List<MetricChunk>();
        await foreach (var chunk in ColumnFileReader.ReadAsync(blob, content, attempt: 4, cancellation ?? Cancellation))
        {
            chunks.Add(chunk);
        }
        return chunks;
    }

    /// <summary>A row as it is stored.</summary>
    public sealed record Row(int Kind, long Step, string? Name, double Value, long Ticks, string? Text);
}
