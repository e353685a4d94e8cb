using System.Text.Json;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;

namespace DisBack.Contracts.Tests.Documents;

/// <summary>
/// The same promise as <see cref="GoldenDocumentTests"/> for chunks of metrics: <c>metrics.1.ndjson</c> is read and written as it stands, for good.
/// </summary>
public sealed class GoldenMetricChunkTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("disback-golden-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_metric_chunk_is_read_and_written_as_ever()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var golden = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Documents", "Golden", "metrics.1.ndjson"), cancellation);
        var blobs = new FolderBlobStore(_folder.FullName);
        MetricPoint[] points = [new(50, "loss/fake", 0.125, At(2)), new(60, "loss/fake", double.NaN, At(2))];
        MetricEvent[] events =
        [
            new(60, "switch", "Target 5 -> 4.", At(3), JsonSerializer.SerializeToElement(new { gap = 0.25 })),
            new(64, "node", "Node 5.", At(3)),
        ];

        await using (var writer = new MetricWriter(blobs, "today", attempt: 2, resumedAt: 40, time: new FixedTime(At(1))))
        {
            Array.ForEach(points, writer.Add);
            Array.ForEach(events, writer.Add);
        }
        var written = await blobs.ReadAsync("metrics/today/0002/000001.ndjson", cancellation);
        await blobs.WriteAsync("metrics/old/0002/000001.ndjson", BinaryData.FromString(golden), BlobCondition.Missing, cancellation);
        var read = await new MetricReader(blobs).ReadAsync("old", cancellation);

        Assert.Equal(golden, written!.Content.ToString());
        Assert.Equal(points, read.Points);
        Assert.Equal(events.Select(Plain), read.Events.Select(happened => Plain(happened.Event)));
    }

    private static DateTimeOffset At(int second) => new(2026, 1, 2, 3, 4, second, TimeSpan.Zero);

    private static (MetricEvent, string?) Plain(MetricEvent happened) => (happened with { Data = null }, happened.Data?.GetRawText());

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
