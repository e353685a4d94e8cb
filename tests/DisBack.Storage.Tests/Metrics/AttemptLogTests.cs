using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>What a folder may hold that no attempt of DisBack has left there.</summary>
public sealed class AttemptLogTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_longer_than_any_column_file_is_not_fetched()
    {
        var blobs = new MemoryBlobs();
        var longest = new BlobInfo("metrics/run/0001/aa.parquet", ColumnFile.MaxBytes, default, "etag");

        Assert.Null(await AttemptLog.ReadColumnsAsync(blobs, longest, Cancellation));
        await Assert.ThrowsAsync<InvalidDataException>(
            () => AttemptLog.ReadColumnsAsync(blobs, longest with { Length = ColumnFile.MaxBytes + 1 }, Cancellation));
    }

    [Fact]
    public async Task Columns_in_a_folder_that_is_named_after_no_attempt_are_of_none()
    {
        var blobs = new MemoryBlobs();
        await using (var writer = new MetricWriter(blobs, "run", attempt: 1, resumedAt: 0))
        {
            for (var step = 0; step < 100; step++)
            {
                writer.Add(new MetricEvent(step, "end", "ended", DateTimeOffset.UnixEpoch));
            }
        }
        await new MetricCompactor(blobs).CompactAsync("run", _ => true, Cancellation);
        var columns = Assert.Single(blobs.Names);
        var elsewhere = new MemoryBlobs();
        elsewhere.Set(columns.Replace("/0001/", "/00001/", StringComparison.Ordinal), blobs.Get(columns));

        var events = (await new MetricReader(elsewhere).ReadAsync("run", Cancellation)).Events;

        Assert.Equal(100, events.Count);
        Assert.All(events, happened => Assert.Equal(0, happened.Attempt));
    }
}
