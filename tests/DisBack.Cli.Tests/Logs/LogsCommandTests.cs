using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Cli.Tests.Comparisons;
using DisBack.Cli.Tests.Scalars;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Tests.Logs;

/// <summary><c>disback logs</c>.</summary>
public sealed class LogsCommandTests : IDisposable
{
    private const string Run = "a-00000000/0000";

    private readonly StoredRuns _stored = new();

    public void Dispose() => _stored.Dispose();

    [Fact]
    public async Task It_prints_what_was_told_line_by_line()
    {
        await StoreAsync(RunStatus.Completed);
        await WriteAsync(1, 0, (LogSeverity.Info, 0, "It begins."), (LogSeverity.Error, 7, "It crashed.\n   at Here()"));
        await WriteAsync(2, 5, (LogSeverity.Warning, LogEvents.NoStep, "The teacher is gone."));

        Assert.Equal(
            new(
                ExitCode.Ok,
                """
                2026-01-01 00:00:00Z  #1        0  info     It begins.
                2026-01-01 00:00:00Z  #1        7  error    It crashed.
                       at Here()
                2026-01-01 00:00:00Z  #2        -  warning  The teacher is gone.

                """,
                ""),
            await AskAsync("logs a"));
        Assert.Equal("2026-01-01 00:00:00Z  #2        -  warning  The teacher is gone.\n", (await AskAsync("logs a --attempt 2")).Output);
        Assert.Equal(3, (await AskAsync("logs a --level warning")).Output.Count('\n'));
        Assert.Equal("2026-01-01 00:00:00Z  #1        0  info     It begins.\n", (await AskAsync("logs a --grep BEGINS")).Output);
        var line = JsonNode.Parse((await AskAsync("logs a --level error --json")).Output)!;
        Assert.Equal(("1.1.2", 1, "error", 7), ((string?)line["position"], (int)line["attempt"]!, (string?)line["level"], (int)line["step"]!));
        Assert.Equal(("worker-7", "It crashed.\n   at Here()"), ((string?)line["silo"], (string?)line["text"]));
    }

    [Fact]
    public async Task What_is_not_there_or_not_understood_is_said()
    {
        await StoreAsync(RunStatus.Completed);
        Assert.Equal(new(ExitCode.Ok, "", $"disback: The log of {Run} has no entry of that kind.\n"), await AskAsync("logs a"));
        Assert.Equal(ExitCode.NotFound, (await AskAsync("logs b")).Code);
        Assert.Equal(ExitCode.Usage, (await AskAsync("logs a --level loud")).Code);
        Assert.Equal(ExitCode.Usage, (await AskAsync("logs a --attempt 0")).Code);
    }

    [Fact]
    public async Task Damage_is_named_once_and_the_rest_is_printed()
    {
        await StoreAsync(RunStatus.Completed);
        await WriteAsync(1, 0, (LogSeverity.Info, 0, "One."), (LogSeverity.Info, 0, "Two."));
        var chunk = Assert.Single(Directory.EnumerateFiles(_stored.Folder, "*.ndjson", SearchOption.AllDirectories));
        var lines = await File.ReadAllLinesAsync(chunk, TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(chunk, [lines[0], "{", lines[2]], TestContext.Current.CancellationToken);

        var (code, output, error) = await AskAsync("logs a");

        Assert.Equal((ExitCode.Storage, "2026-01-01 00:00:00Z  #1        0  info     Two.\n"), (code, output));
        Assert.Contains("is damaged at line 2", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_a_page_comes_in_order_and_what_is_followed_comes_once()
    {
        await StoreAsync(RunStatus.Running);
        var texts = Enumerable.Range(0, LogQuery.MostLines + 10).Select(line => $"Line {line}.").ToList();
        await WriteAsync(1, 0, [.. texts.Select(text => (LogSeverity.Info, 0L, text))]);
        var clock = new LookClock();
        var following = AskAsync("logs a --follow", clock);
        await clock.LookedAsync();
        await WriteAsync(2, 0, (LogSeverity.Info, 0, "Then."));
        await clock.LookOnceAsync();
        await WriteAsync(3, 0, (LogSeverity.Info, 0, "Last."));
        await StoreAsync(RunStatus.Completed);
        clock.Look();

        var (code, output, error) = await following;

        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Equal([.. texts, "Then.", "Last."], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("info     ")[1]));
    }

    private Task StoreAsync(RunStatus status) => _stored.RunAsync("a", [], [], trial => trial with { Run = trial.Run with { Status = status } });

    private async Task WriteAsync(int attempt, long resumedAt, params (LogSeverity Level, long Step, string Text)[] lines)
    {
        await using var writer = new MetricWriter(
            new FolderBlobStore(_stored.Folder), GrainKeys.Metrics(RunKind.Backtracking, Run), attempt, resumedAt);
        foreach (var (level, step, text) in lines)
        {
            writer.AddLine(level, step, "worker-7", text, StoredRuns.Start);
        }
    }

    private Task<Shell.Result> AskAsync(string line, TimeProvider? time = null) => _stored.AskAsync(line, time);
}
