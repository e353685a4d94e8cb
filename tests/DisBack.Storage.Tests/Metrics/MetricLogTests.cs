using System.Text.Json;
using CsCheck;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Metrics;

public sealed class MetricLogTests : IDisposable
{
    private const string Run = "digits-0a1b2c3d/0001";
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _blobs;

    public MetricLogTests() => _blobs = new(_folder.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_that_wrote_nothing_has_an_empty_history()
    {
        await using (new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0))
        {
        }

        var history = await ReadAsync();
        Assert.Empty(history.Points);
        Assert.Empty(history.Events);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Points_and_events_come_back_as_written()
    {
        var details = JsonSerializer.SerializeToElement(new { from = 3, to = 2 });
        await using (var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0))
        {
            writer.Add(Point(1, "loss/fake", 0.1));
            writer.Add(Point(1, "loss/generator", 0.2));
            writer.Add(Point(2, "loss/fake", double.NaN));
            await writer.FlushAsync(Cancellation);
            writer.Add(new MetricEvent(2, "switch", "The target is node 2 now.", s_noon, details));
            writer.Add(Point(3, "loss/fake", double.PositiveInfinity));
        }

        var history = await ReadAsync();
        Assert.Equal([0.1, double.NaN, double.PositiveInfinity], history.Curve("loss/fake").Select(point => point.Value));
        var happened = Assert.Single(history.Events);
        Assert.Equal((1, false, 2L, "switch"), (happened.Attempt, happened.Superseded, happened.Event.Step, happened.Event.Kind));
        Assert.Equal(2, happened.Event.Data!.Value.GetProperty("to").GetInt32());
        Assert.Equal(
            [$"metrics/{Run}/0001/000001.ndjson", $"metrics/{Run}/0001/000002.ndjson"],
            await NamesAsync());
    }

    [Fact]
    public async Task A_full_buffer_says_so_until_it_is_flushed()
    {
        await using var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0, chunkBytes: 200);
        Assert.False(writer.IsFull);
        for (var step = 0; step < 5; step++)
        {
            writer.Add(Point(step, "loss", 1));
        }
        Assert.True(writer.IsFull);

        await writer.FlushAsync(Cancellation);

        Assert.False(writer.IsFull);
    }

    [Fact]
    public async Task What_a_later_attempt_computed_again_counts_once()
    {
        await WriteAsync(attempt: 1, resumedAt: 0, steps: 1..120);
        await WriteAsync(attempt: 2, resumedAt: 100, steps: 101..180);
        await WriteAsync(attempt: 3, resumedAt: 50, steps: 51..60);

        var history = await ReadAsync();

        Assert.Equal(Enumerable.Range(1, 60).Select(step => (long)step), history.Points.Select(point => point.Step));
        Assert.Equal(Enumerable.Repeat(1.0, 50).Concat(Enumerable.Repeat(3.0, 10)), history.Points.Select(point => point.Value));
        Assert.Equal([(1, 120L, true), (2, 180L, true), (3, 60L, false)], history.Events.Select(e => (e.Attempt, e.Event.Step, e.Superseded)));
    }

    [Fact]
    public async Task What_happened_at_the_very_step_of_a_resume_is_not_superseded()
    {
        await WriteAsync(attempt: 1, resumedAt: 0, steps: 99..100);
        await WriteAsync(attempt: 2, resumedAt: 100, steps: 101..101);

        var history = await ReadAsync();

        Assert.Equal([99L, 100L, 101L], history.Points.Select(point => point.Step));
        Assert.Equal([(1, false), (2, false)], history.Events.Select(e => (e.Attempt, e.Superseded)));
    }

    [Fact]
    public async Task Points_come_in_the_order_of_their_steps_and_those_of_one_step_as_written()
    {
        await using (var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0))
        {
            writer.Add(Point(2, "loss", 1));
            writer.Add(Point(1, "fid", 2));
            writer.Add(Point(2, "fid", 3));
        }

        Assert.Equal([2.0, 1.0, 3.0], (await ReadAsync()).Points.Select(point => point.Value));
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(65, true)]
    public async Task A_store_that_changes_with_every_look_is_looked_at_65_times(int changes, bool isRefused)
    {
        var blobs = new MemoryBlobs();
        var looks = 0;
        var reader = new MetricReader(blobs.Seen((_, what) =>
        {
            if (what == "list after " && ++looks <= changes)
            {
                blobs.Set($"metrics/{Run}/0001/{looks:x64}.parquet", [1]);
            }
            return Task.CompletedTask;
        }));

        if (isRefused)
        {
            await Assert.ThrowsAsync<StorageException>(() => reader.ReadAsync(Run, Cancellation));
        }
        else
        {
            Assert.Equal(changes, (await reader.ReadAsync(Run, Cancellation)).Damage.Count);
        }
        Assert.Equal(65, looks);
    }

    [Fact]
    public void Any_history_of_interruptions_reads_as_the_uninterrupted_run() =>
        // Pairs of (steps done before the crash, how many of them survive in the checkpoint resumed from).
        Gen.Select(Gen.Int[1, 20], Gen.Int[0, 20]).Array[1, 6].Sample(crashes =>
        {
            var run = $"property-{Guid.NewGuid():n}";
            var (resumedAt, end) = (0, 0);
            for (var attempt = 1; attempt <= crashes.Length; attempt++)
            {
                var (done, kept) = crashes[attempt - 1];
                end = resumedAt + done;
                WriteAsync(attempt, resumedAt, (resumedAt + 1)..end, run).GetAwaiter().GetResult();
                resumedAt = attempt < crashes.Length ? Math.Min(end, kept) : resumedAt;
            }
            var steps = new MetricReader(_blobs).ReadAsync(run).GetAwaiter().GetResult().Points.Select(point => point.Step);
            Assert.Equal(Enumerable.Range(1, end).Select(step => (long)step), steps);
        }, iter: 40, threads: 1, seed: "0000000000000");

    [Fact]
    public async Task A_torn_last_line_is_skipped_and_damage_elsewhere_is_left_out_and_named()
    {
        await WriteAsync(attempt: 1, resumedAt: 0, steps: 1..3);
        var file = _blobs.LocalPathOf((await NamesAsync())[0])!;
        var whole = await File.ReadAllTextAsync(file, Cancellation);

        await File.WriteAllTextAsync(file, whole[..^20], Cancellation);
        Assert.Equal(3, (await ReadAsync()).Points.Count);

        await File.WriteAllTextAsync(file, whole.Replace("\"step\":2", "\"step\":", StringComparison.Ordinal), Cancellation);
        var damaged = await ReadAsync();
        Assert.Equal([1L, 3L], damaged.Points.Select(point => point.Step).Distinct());
        var sentence = Assert.Single(damaged.Damage);
        Assert.Contains("000001.ndjson", sentence, StringComparison.Ordinal);
        Assert.Contains("line 3", sentence, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, $"?{whole}", Cancellation);
        Assert.Contains("line 1", Assert.Single((await ReadAsync()).Damage), StringComparison.Ordinal);
        Assert.Empty((await ReadAsync()).Points);

        await File.WriteAllBytesAsync(file, [.. File.ReadAllBytes(file)[1..^20], 0xFF, 0xFE, (byte)'\n', .. "{}"u8, (byte)'\n'], Cancellation);
        Assert.Single((await ReadAsync()).Damage);
    }

    [Fact]
    public async Task A_second_writer_of_an_attempt_appends_and_overwrites_nothing()
    {
        await WriteAsync(attempt: 1, resumedAt: 0, steps: 1..3);
        await WriteAsync(attempt: 1, resumedAt: 0, steps: 4..5);

        Assert.Equal([1, 2, 3, 4, 5], (await ReadAsync()).Points.Select(point => point.Step));
    }

    [Fact]
    public async Task What_could_not_be_written_is_written_by_the_next_flush_once()
    {
        var store = new LosesAnswers(_blobs);
        await using var writer = new MetricWriter(store, Run, attempt: 1, resumedAt: 0);
        writer.Add(Point(1, "loss", 1));
        await Assert.ThrowsAsync<StorageException>(() => writer.FlushAsync(Cancellation));
        writer.Add(Point(2, "loss", 1));
        await writer.FlushAsync(Cancellation);

        Assert.Equal([1, 2], (await ReadAsync()).Points.Select(point => point.Step));
    }

    [Fact]
    public async Task Chunks_of_runs_below_a_run_are_not_its_own()
    {
        await WriteAsync(attempt: 1, resumedAt: 0, steps: 1..3);

        Assert.Empty((await new MetricReader(_blobs).ReadAsync("digits-0a1b2c3d", Cancellation)).Points);
    }

    private async Task WriteAsync(int attempt, int resumedAt, Range steps, string run = Run)
    {
        await using var writer = new MetricWriter(_blobs, run, attempt, resumedAt);
        for (var step = steps.Start.Value; step <= steps.End.Value; step++)
        {
            writer.Add(Point(step, "loss", attempt));
        }
        writer.Add(new MetricEvent(steps.End.Value, "end", "ended", s_noon));
    }

    private Task<MetricHistory> ReadAsync() => new MetricReader(_blobs).ReadAsync(Run, Cancellation);

    private async Task<List<string>> NamesAsync()
    {
        var names = new List<string>();
        await foreach (var blob in _blobs.ListAsync("metrics/", Cancellation))
        {
            names.Add(blob.Name);
        }
        return names;
    }

    private static MetricPoint Point(long step, string name, double value) => new(step, name, value, s_noon);

    /// <summary>Applies the first write and then fails, as a connection does that breaks before the answer.</summary>
    private sealed class LosesAnswers(IBlobStore inner) : IBlobStore
    {
        private bool _lost;

        public string Location => inner.Location;

        public async Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation)
        {
            var etag = await inner.WriteAsync(name, content, condition, cancellation);
            if (_lost)
            {
                return etag;
            }
            _lost = true;
            throw new StorageException("The answer was lost.");
        }

        public Task InitializeAsync(CancellationToken cancellation) => inner.InitializeAsync(cancellation);

        public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation) => inner.FindAsync(name, cancellation);

        public Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation) => inner.ReadAsync(name, cancellation);

        public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation) => inner.OpenReadAsync(name, cancellation);

        public Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation) =>
            inner.DownloadAsync(name, destination, cancellation);

        public Task<string> UploadAsync(string name, string localFile, BlobCondition condition, bool consume, CancellationToken cancellation) =>
            inner.UploadAsync(name, localFile, condition, consume, cancellation);

        public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation) => inner.DeleteAsync(name, condition, cancellation);

        public Task<bool> RenewAsync(string name, CancellationToken cancellation) => inner.RenewAsync(name, cancellation);

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => inner.ListAsync(prefix, cancellation);

        public string? LocalPathOf(string name) => inner.LocalPathOf(name);
    }
}
