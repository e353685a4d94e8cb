using System.Globalization;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;
using DisBack.Storage.Tests.Kit;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>Real processes that measure, and are killed at seeded moments: while they write, while they compact, between the two.</summary>
public sealed class MetricProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task After_a_few_kill_9_every_acknowledged_point_is_there_once() => MeasureAsync(kills: 3);

    [Fact, Trait("Length", "Long")]
    public Task After_a_hundred_kill_9_every_acknowledged_point_is_there_once() => MeasureAsync(kills: 100);

    private async Task MeasureAsync(int kills)
    {
        var random = new Random(1);
        var blobs = new FolderBlobStore(_folder.Path);
        var acknowledged = 0L;
        for (var attempt = 1; attempt <= kills; attempt++)
        {
            await using var child = RoleProcess.Start(ChildRoles.Measure, _folder.Path, $"{attempt}", $"{acknowledged}");
            var before = acknowledged;
            for (var line = random.Next(1, 12); line > 0; line--)
            {
                acknowledged = long.Parse(await child.ReadLineAsync(), CultureInfo.InvariantCulture);
            }
            var rest = await child.KillAsync();
            if (rest.Count > 1)
            {
                acknowledged = long.Parse(rest[^2], CultureInfo.InvariantCulture); // the very last line itself may be cut short
            }

            var history = await new MetricReader(blobs).ReadAsync(ChildRoles.Measured, Cancellation);

            Assert.True(acknowledged > before);
            Assert.Empty(history.Damage);
            // Each once and in their order; after them may come some that were written and not acknowledged.
            var expected = Steps(acknowledged).ToList();
            Assert.Equal(expected, history.Points.Take(expected.Count).Select(point => (point.Step, point.Name, point.Value)));
            Assert.All(history.Points.Skip(expected.Count), point => Assert.True(point.Step > acknowledged));
        }
        // Also where a kill has met a compaction, for what it left was compacted by a later attempt.
        await new MetricCompactor(blobs).CompactAsync(ChildRoles.Measured, _ => true, Cancellation);
        var whole = await new MetricReader(blobs).ReadAsync(ChildRoles.Measured, Cancellation);
        Assert.Equal(Steps(acknowledged), whole.Points.TakeWhile(point => point.Step <= acknowledged).Select(point => (point.Step, point.Name, point.Value)));
        Assert.Contains(await blobs.ListAsync("metrics/", Cancellation).ToListAsync(Cancellation), file => ChunkNames.IsColumns(file.Name));

        static IEnumerable<(long Step, string Name, double Value)> Steps(long last) =>
            Enumerable.Range(1, (int)last).SelectMany(step => ChildRoles.PointsOf(step).Select(point => ((long)step, point.Name, point.Value)));
    }
}
