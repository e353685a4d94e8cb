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

    /// <summary>The time of a late writer's chunk may be that of the chunk whose name it takes.</summary>
    [Fact]
    public async Task Chunks_of_one_name_and_time_come_in_one_order_whichever_of_them_is_in_columns()
    {
        Assert.Equal(await KindsAsync("right", "late"), await KindsAsync("late", "right"));

        static async Task<List<string>> KindsAsync(string inColumns, string inChunk)
        {
            var blobs = new MemoryBlobs();
            await WriteAsync(blobs, inColumns);
            await new MetricCompactor(blobs).CompactAsync("run", _ => true, Cancellation);
            await WriteAsync(blobs, inChunk);
            Assert.Equal(["metrics/run/0001/000001.ndjson"], blobs.Names.Where(name => !name.EndsWith(".parquet", StringComparison.Ordinal)));
            Assert.Equal(2, blobs.Names.Count);
            return [.. (await new MetricReader(blobs).ReadAsync("run", Cancellation)).Events.Select(happened => happened.Event.Kind)];
        }

        static async Task WriteAsync(MemoryBlobs blobs, string kind)
        {
            await using var writer = new MetricWriter(blobs, "run", attempt: 1, resumedAt: 0, time: new StoppedClock());
            for (var step = 0; step < 100; step++)
            {
                writer.Add(new MetricEvent(step, kind, "ended", DateTimeOffset.UnixEpoch));
            }
        }
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}
