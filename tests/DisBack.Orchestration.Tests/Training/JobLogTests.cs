using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Training;

public sealed class JobLogTests : IDisposable
{
    private const string Run = "mine";

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-log-").FullName;
    private readonly FolderBlobStore _blobs;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    public JobLogTests() => _blobs = new FolderBlobStore(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Lines_from_before_the_resume_have_their_times_and_its_step()
    {
        var log = new JobLog("worker-7", _time);
        log.Info("One.");
        _time.Advance(TimeSpan.FromSeconds(3));
        log.Warning("Two.");

        var lines = await ReadAsync(log, 20, () =>
        {
            log.Info("Three.");
            log.Info("Four.", 25);
            log.Info("Five.");
        });

        Assert.Equal([20L, 20L, 20L, 25L, 20L], lines.Select(line => line.Step!.Value));
        Assert.Equal([0, 3, 3, 3, 3], lines.Select(line => (line.Time - DateTimeOffset.UnixEpoch).TotalSeconds));
        Assert.Equal([LogSeverity.Info, LogSeverity.Warning], lines.Take(2).Select(line => line.Level));
        Assert.All(lines, line => Assert.Equal("worker-7", line.Silo));
    }

    [Fact]
    public async Task A_full_log_says_so_once_and_takes_a_failure_all_the_same()
    {
        var log = new JobLog("w", _time);
        for (var line = 0; line < JobLog.MostLines + 100; line++)
        {
            log.Info($"{line}");
        }
        log.Failure("It crashed.");

        var lines = await ReadAsync(log, 0, () => { });

        Assert.Equal(JobLog.MostLines + 2, lines.Count);
        Assert.Equal($"{JobLog.MostLines - 1}", lines[^3].Text);
        Assert.StartsWith("The log of this attempt is full", lines[^2].Text, StringComparison.Ordinal);
        Assert.Equal((LogSeverity.Error, "It crashed."), (lines[^1].Level, lines[^1].Text));
    }

    [Fact]
    public async Task Long_lines_fill_it_and_a_failure_is_cut()
    {
        var log = new JobLog("w", _time);
        var half = new string('x', JobLog.MostCharacters / 2);
        log.Info(half);
        log.Info(half);
        log.Info("y");
        log.Failure(new string('z', JobLog.MostOfFailure + 1));

        var lines = await ReadAsync(log, 0, () => { });

        Assert.Equal(4, lines.Count);
        Assert.Equal(new string('z', JobLog.MostOfFailure) + "\n(The rest of this text is left out.)", lines[^1].Text);
    }

    [Fact]
    public async Task Many_threads_may_add_to_it_while_it_begins_to_write()
    {
        var log = new JobLog("w", _time);
        var lines = await ReadAsync(
            log,
            0,
            () => { },
            beside: () => Parallel.For(0, 8, thread =>
            {
                for (var line = 0; line < 100; line++)
                {
                    log.Info($"{thread} {line}");
                }
            }));

        Assert.Equal(800, lines.Count);
        foreach (var thread in lines.Select(line => line.Text.Split(' ')).GroupBy(parts => parts[0]))
        {
            Assert.Equal(Enumerable.Range(0, 100).Select(line => $"{line}"), thread.Select(parts => parts[1]));
        }
    }

    private async Task<IReadOnlyList<LogLine>> ReadAsync(JobLog log, long resumed, Action after, Action? beside = null)
    {
        await using (var writer = new MetricWriter(_blobs, Run, 1, resumed, time: _time))
        {
            var others = Task.Run(beside ?? (() => { }), TestContext.Current.CancellationToken);
            log.WriteTo(writer, resumed);
            after();
            await others;
        }
        var (lines, query, reader) = (new List<LogLine>(), new LogQuery(), new MetricReader(_blobs));
        LogPage page;
        do
        {
            page = await reader.ReadLogAsync(Run, query, TestContext.Current.CancellationToken);
            lines.AddRange(page.Lines);
            query = query with { After = LogPosition.TryParse(page.End, out var end) ? end : null };
        }
        while (page.More);
        return lines;
    }
}
