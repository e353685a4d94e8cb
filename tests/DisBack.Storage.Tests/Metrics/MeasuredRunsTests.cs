using DisBack.Storage.Metrics;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>What is kept in memory of runs is what reading them gives, whatever happens to their files, and no more than was allowed.</summary>
public sealed class MeasuredRunsTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task They_follow_whatever_is_written_compacted_and_deleted(int seed)
    {
        var random = new Random(seed);
        var blobs = new MemoryBlobs();
        var runs = new MeasuredRuns(blobs);
        for (var attempt = 1; attempt <= 12; attempt++)
        {
            switch (random.Next(4))
            {
                case 0:
                    await new MetricCompactor(blobs).CompactAsync("run", _ => true, Cancellation);
                    break;
                case 1 when random.Next(3) == 0:
                    await new MetricReader(blobs).DeleteAsync("run", Cancellation);
                    break;
                default:
                    await WriteAsync(blobs, "run", attempt, random.Next(20), random.Next(1, 300), random);
                    break;
            }
            var measured = await runs.ReadAsync("run", Cancellation);
            var history = await new MetricReader(blobs).ReadAsync("run", Cancellation);
            Assert.Equal(history.Points.Select(point => point.Name).Distinct().Order(), measured.Metrics.Keys.Order());
            foreach (var (name, columns) in measured.Metrics)
            {
                Assert.Equal(history.Curve(name).Select(point => point.Step), columns.Steps.ToArray());
                Assert.Equal(history.Curve(name).Select(point => point.Value), columns.Values.ToArray());
                Assert.Equal(history.Curve(name).Select(point => point.Time.UtcTicks), columns.Ticks.ToArray());
            }
        }
    }

    [Fact]
    public async Task What_has_not_changed_is_not_read_again_and_what_was_used_longest_ago_makes_room()
    {
        var blobs = new MemoryBlobs();
        foreach (var run in new[] { "a", "b", "c" })
        {
            await WriteAsync(blobs, run, 1, 0, 1000, new Random(1));
        }
        // Two of the three fit.
        var runs = new MeasuredRuns(blobs, 2 * 1000 * 24 + 4000);
        var cold = await CostAsync("a");
        await CostAsync("b");
        Assert.True(await CostAsync("a") < cold);
        await CostAsync("c");
        Assert.InRange(runs.Bytes, 1, 2 * 1000 * 24 + 4000);
        Assert.True(await CostAsync("a") < cold);
        Assert.Equal(cold, await CostAsync("b"));

        // One that is larger than all of the room is read and not kept.
        var small = new MeasuredRuns(blobs, 1000);
        Assert.Equal(1000, (await small.ReadAsync("a", Cancellation)).Metrics.Values.Sum(columns => columns.Count));
        Assert.Equal(0, small.Bytes);

        async Task<int> CostAsync(string run)
        {
            var before = blobs.Operations;
            await runs.ReadAsync(run, Cancellation);
            return blobs.Operations - before;
        }
    }

    private static async Task WriteAsync(MemoryBlobs blobs, string run, int attempt, long resumedAt, int points, Random random)
    {
        await using var writer = new MetricWriter(blobs, run, attempt, resumedAt);
        for (var point = 0; point < points; point++)
        {
            writer.Add(new MetricPoint(resumedAt + point / 2, point % 2 == 0 ? "loss" : "gap", random.NextDouble(), s_start.AddSeconds(point)));
        }
        await writer.FlushAsync(Cancellation);
    }
}
