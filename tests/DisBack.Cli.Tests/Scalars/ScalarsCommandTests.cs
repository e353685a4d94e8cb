using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Cli.Tests.Comparisons;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Tests.Scalars;

/// <summary><c>disback scalars</c>: the files are what the tools read, and hold what was measured, once.</summary>
public sealed class ScalarsCommandTests : IDisposable
{
    private const string Run = "a-00000000/0000";
    private const string History = "history.jsonl";

    private readonly StoredRuns _stored = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-scalars-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Output => Path.Combine(_folder, "out");

    public void Dispose()
    {
        _stored.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The bytes were computed once by a script of its own, from the descriptions of the formats, with a CRC-32C of its own.</summary>
    [Fact]
    public async Task An_event_file_has_the_bytes_that_the_formats_describe()
    {
        const string expected =
            "1800000000000000a37f4b2209000040406e55da411a0d627261696e2e4576656e743a3294afcf3b2800000000000000ff70164a09000040406e55da412a1d0a0a0a03666964"
            + "150000b5420a0f0a08616363757261637915cdcccc3df21d9a661a00000000000000129bd82d09000090406e55da4110ac022a0c0a0a0a03666964150000807f532b71053c00"
            + "000000000000c8b7a352090000e0406e55da4110ac022a2e0a2c0a0673776974636842180807120412020801420e5461726765742031202d3e20302e4a080a060a0474657874"
            + "5a933a94";
        await StoreAsync();
        await AppendAsync(1, 0, Point(0, "fid", 90.5, 1), Point(0, "accuracy", 0.1, 1), Point(300, "fid", double.PositiveInfinity, 2.25), Switch(300, 3.5));
        Assert.Equal((ExitCode.Ok, $"4 values of 1 run are in {Output}.\n", ""), await AskAsync("a"));
        Assert.Equal(expected, Convert.ToHexStringLower(await File.ReadAllBytesAsync(EventFile(), Cancellation)));
        Assert.Equal("events.out.tfevents.1767225601.disback", Path.GetFileName(EventFile()));
    }

    [Fact]
    public async Task Every_value_is_in_both_forms_with_its_step_and_its_time()
    {
        var random = new Random(1);
        var points = Enumerable.Range(0, 5000).Select(index => Point(
            (long)index << 20,
            $"loss/{random.Next(3)}",
            random.Next(9) switch { 0 => double.NaN, 1 => double.NegativeInfinity, 2 => 1e300, _ => random.NextDouble() },
            index / 8)).ToArray();
        await StoreAsync();
        await AppendAsync(1, 0, [.. points]);
        Assert.Equal(ExitCode.Ok, (await AskAsync("a")).Code);
        Assert.Equal(
            points.Select(point => new EventScalar((point.Time - DateTimeOffset.UnixEpoch).TotalSeconds, point.Step, point.Name, (float)point.Value)),
            EventReader.Scalars(EventFile()));

        Directory.Delete(Output, recursive: true);
        Assert.Equal(ExitCode.Ok, (await AskAsync("a --format jsonl")).Code);
        var lines = await LinesAsync();
        Assert.Equal(points.Length, lines.Count);
        foreach (var (point, line) in points.Zip(lines))
        {
            Assert.Equal(point.Step, line["_step"]!.GetValue<long>());
            Assert.Equal((point.Time - DateTimeOffset.UnixEpoch).TotalSeconds, line["_timestamp"]!.GetValue<double>());
            Assert.Equal((point.Time - StoredRuns.Start).TotalSeconds, line["_runtime"]!.GetValue<double>());
            Assert.True(double.IsFinite(point.Value)
                ? line[point.Name]!.GetValue<double>() == point.Value
                : line[point.Name]!.GetValue<string>() == point.Value.ToString(CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task A_line_has_all_of_its_step_and_the_spec_and_the_last_values_are_beside_it()
    {
        await StoreAsync(run => run with
        {
            Latest = run.Latest.Add("fid", new MetricValue(3, 20)).Add("lost", new MetricValue(5, 20)),
            Best = run.Best.Add("fid", new MetricValue(2, 10)),
        });
        await AppendAsync(1, 0, Point(10, "fid", 2, 1), Switch(10, 1.5), Point(20, "loss/fake", 7, 2), Point(20, "fid", 3, 4));
        Assert.Equal((ExitCode.Ok, $"4 values of 1 run are in {Output}.\n", ""), await AskAsync("a --format jsonl"));
        Assert.Equal(
            """
            {"_step":10,"_timestamp":1767225601.5,"_runtime":1.5,"fid":2,"switch":"Target 1 -> 0."}
            {"_step":20,"_timestamp":1767225604,"_runtime":4,"loss/fake":7,"fid":3}

            """,
            await File.ReadAllTextAsync(FileOf(History), Cancellation));
        var summary = JsonNode.Parse(await File.ReadAllTextAsync(FileOf("summary.json"), Cancellation))!.AsObject();
        Assert.True(summary.Remove("switch", out var last));
        Assert.Equal("Target 1 -> 0.", last!.GetValue<string>());
        Assert.Equal(
            """{"status":"completed","_step":20,"_timestamp":1767225604,"_runtime":4,"fid":3,"loss/fake":7,"lost":5,"best.fid":2}""",
            summary.ToJsonString());
        var config = await File.ReadAllTextAsync(FileOf("config.yaml"), Cancellation);
        Assert.Contains("\nname:\n  value: a\n", config, StringComparison.Ordinal);
        Assert.Contains("backtracking:\n  value:\n    batch: 10\n", config, StringComparison.Ordinal);
        Assert.Equal(["config.yaml", History, "summary.json"], Directory.EnumerateFiles(FolderOf()).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_run_that_has_files_already_is_refused_before_anything_is_written()
    {
        await _stored.RunAsync("a", [], [(1, 2)]);
        await _stored.RunAsync("b", [], [(1, 2)]);
        Directory.CreateDirectory(Path.Combine(Output, "b-00000000", "0000"));
        var (code, output, error) = await AskAsync("a b");
        Assert.Equal((ExitCode.Invalid, ""), (code, output));
        var there = Path.Combine(Output, "b-00000000", "0000");
        Assert.Equal($"disback: There are files of b-00000000/0000 in {there} already; delete them or name another folder.\n", error);
        Assert.False(Path.Exists(FolderOf()));
    }

    [Fact]
    public async Task What_has_measured_nothing_or_is_not_there_is_said_and_leaves_nothing()
    {
        await StoreAsync();
        Assert.Equal((ExitCode.Ok, "", $"disback: {Run} has measured nothing, so there is nothing to write of it.\n"), await AskAsync("a"));
        Assert.Equal(ExitCode.NotFound, (await AskAsync("b")).Code);
        Assert.Equal(ExitCode.Usage, (await AskAsync("a --format csv")).Code);
        Assert.False(Path.Exists(Output));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        await _stored.RunAsync("a", [], [(1, 2)]);
        await File.WriteAllTextAsync(Output, "", Cancellation);
        var (code, _, error) = await AskAsync("a");
        Assert.Equal(ExitCode.Storage, code);
        Assert.StartsWith($"disback: The scalars of {Run} cannot be written to '{FolderOf()}': ", error, StringComparison.Ordinal);
        Assert.EndsWith("then repeat the command for this run and those after it.\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_named_and_what_can_be_read_is_written()
    {
        await _stored.RunAsync("a", [], [(1, 2), (2, 3)]);
        var chunk = Assert.Single(Directory.EnumerateFiles(_stored.Folder, "*.ndjson", SearchOption.AllDirectories));
        var lines = await File.ReadAllLinesAsync(chunk, Cancellation);
        await File.WriteAllLinesAsync(chunk, [lines[0], "{", .. lines[2..]], Cancellation);
        var (code, output, error) = await AskAsync("a");
        Assert.Equal((ExitCode.Storage, $"3 values of 1 run are in {Output}.\n"), (code, output));
        Assert.Contains("is damaged at line 2", error, StringComparison.Ordinal);
        Assert.Equal(3, EventReader.Scalars(EventFile()).Count());
    }

    [Theory]
    [InlineData("tensorboard")]
    [InlineData("jsonl")]
    public async Task What_is_followed_grows_by_whole_steps_and_has_each_once(string format)
    {
        await StoreAsync(run => Running(run, 10));
        await AppendAsync(1, 0, [.. Losses(1, 15)]);
        var clock = new LookClock();
        var following = AskAsync($"a --follow --format {format}", clock);
        await clock.LookedAsync();
        await HasAsync(14);

        // The attempt is lost, and the next one makes steps 11 to 15 again.
        await AppendAsync(2, 10, [.. Losses(11, 25)]);
        await StoreAsync(run => Running(run, 20));
        await clock.LookOnceAsync();
        await HasAsync(24);
        await StoreAsync();
        clock.Look();
        var (code, output, error) = await following;
        Assert.Equal((ExitCode.Ok, $"25 values of 1 run are in {Output}.\n"), (code, output));
        Assert.Equal($"What is measured goes to {Output} until the runs settle; Ctrl-C ends that, and what is written stays.\n", error);
        Assert.Equal(Enumerable.Range(1, 25).Select(step => (long)step), await StepsAsync());
        Assert.Equal([Path.Combine(Output, "a-00000000")], Directory.EnumerateDirectories(Output));

        IEnumerable<object> Losses(int from, int to) => Enumerable.Range(from, to - from + 1).Select(step => Point(step, "loss", step * step, step));

        async Task HasAsync(int step) => Assert.Equal(Enumerable.Range(1, step).Select(known => (long)known), await StepsAsync());

        async Task<IReadOnlyList<long>> StepsAsync() => format == "jsonl"
            ? [.. (await LinesAsync()).Select(line => line["_step"]!.GetValue<long>())]
            : [.. EventReader.Scalars(EventFile()).Select(scalar => scalar.Step)];
    }

    [Fact]
    public async Task What_a_later_attempt_has_made_again_counts_once_events_as_well()
    {
        await StoreAsync();
        await AppendAsync(1, 0, Point(10, "fid", 2, 1), Point(20, "fid", 3, 2), Switch(20, 2));
        await AppendAsync(2, 10, Point(20, "fid", 3, 5), Switch(20, 6), Switch(30, 7));
        Assert.Equal((ExitCode.Ok, $"4 values of 1 run are in {Output}.\n", ""), await AskAsync("a --format jsonl"));
        Assert.Equal(
            """
            {"_step":10,"_timestamp":1767225601,"_runtime":1,"fid":2}
            {"_step":20,"_timestamp":1767225606,"_runtime":6,"fid":3,"switch":"Target 1 -> 0."}
            {"_step":30,"_timestamp":1767225607,"_runtime":7,"switch":"Target 1 -> 0."}

            """,
            await File.ReadAllTextAsync(FileOf(History), Cancellation));
    }

    [Fact]
    public async Task Each_trial_of_a_sweep_that_has_begun_has_a_folder_of_its_own()
    {
        await KeepSweepAsync(RunStatus.Completed, RunStatus.Completed, RunStatus.Cancelled);
        await KeepTrialAsync(0);
        await KeepTrialAsync(1);
        Assert.Equal((ExitCode.Ok, $"2 values of 2 runs are in {Output}.\n", ""), await AskAsync("sweep/s"));
        Assert.Equal(["0000", "0001"], Trials());
    }

    [Fact]
    public async Task A_sweep_is_followed_to_its_last_trial()
    {
        await KeepSweepAsync(RunStatus.Completed);
        await KeepTrialAsync(0);
        var clock = new LookClock();
        var following = AskAsync("sweep/s --follow", clock);
        await clock.LookedAsync();
        Assert.Equal(["0000"], Trials());
        await KeepTrialAsync(1);
        await KeepTrialAsync(2);
        await KeepSweepAsync(RunStatus.Completed, RunStatus.Completed, RunStatus.Completed);
        clock.Look();
        Assert.Equal($"3 values of 3 runs are in {Output}.\n", (await following).Output);
        Assert.Equal(["0000", "0001", "0002"], Trials());
    }

    private IEnumerable<string?> Trials() =>
        Directory.EnumerateDirectories(Path.Combine(Output, "s-00000000")).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    /// <summary>A sweep of three trials, of which so many have a point.</summary>
    private async Task KeepSweepAsync(params RunStatus[] trials)
    {
        const string spec = """
            { name: s, teacher: digits, search: { sampler: random, trials: 3, space: { backtracking.steps: { low: 200, high: 800 } } } }
            """;
        await _stored.KeepAsync(DocumentNames.SweepPage, "s-00000000/0000", new SweepPage
        {
            Trials = [.. trials.Select((status, ordinal) => new SweepTrial { Ordinal = ordinal, Status = status })],
        });
        await _stored.KeepAsync(DocumentNames.Sweep, "s-00000000", new SweepDocument
        {
            Id = "s-00000000",
            Name = "s",
            Spec = SweepPlan.Parse(spec, "s.yaml").Canonical,
            TrialCount = 3,
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.Add("digits", new ContentRef(new string('a', 64), 1)),
        });
    }

    private async Task KeepTrialAsync(int ordinal)
    {
        var id = GrainKeys.Trial("s-00000000", ordinal);
        await AppendAsync(id, 1, 0, Point(1, "fid", ordinal, 1));
        await _stored.RunAsync("s", [], [], trial => trial with { Id = id });
    }

    private static MetricPoint Point(long step, string name, double value, double seconds) => new(step, name, value, StoredRuns.Start.AddSeconds(seconds));

    private static MetricEvent Switch(long step, double seconds) => new(step, "switch", "Target 1 -> 0.", StoredRuns.Start.AddSeconds(seconds));

    private static RunRecord Running(RunRecord run, long head) => run with
    {
        Status = RunStatus.Running, Checkpoints = [new CheckpointRef(new ContentRef(new string('b', 64), 1), head)],
    };

    private Task StoreAsync(Func<RunRecord, RunRecord>? change = null) =>
        _stored.RunAsync("a", [], [], trial => trial with { Run = change?.Invoke(trial.Run) ?? trial.Run });

    private Task AppendAsync(int attempt, long resumedAt, params object[] lines) => AppendAsync(Run, attempt, resumedAt, lines);

    private async Task AppendAsync(string run, int attempt, long resumedAt, params object[] lines)
    {
        await using var writer = new MetricWriter(
            new FolderBlobStore(_stored.Folder), GrainKeys.Metrics(RunKind.Backtracking, run), attempt, resumedAt);
        foreach (var line in lines)
        {
            if (line is MetricPoint point)
            {
                writer.Add(point);
            }
            else
            {
                writer.Add((MetricEvent)line);
            }
        }
    }

    private async Task<(ExitCode Code, string Output, string Error)> AskAsync(string line, TimeProvider? time = null)
    {
        var (code, output, error) = await _stored.AskAsync($"scalars {line} -o {Output}", time);
        return (code, output, error);
    }

    private string FolderOf() => Path.Combine([Output, .. Run.Split('/')]);

    private string FileOf(string name) => Path.Combine(FolderOf(), name);

    private string EventFile() => Assert.Single(Directory.EnumerateFiles(FolderOf()));

    private async Task<IReadOnlyList<JsonNode>> LinesAsync() =>
        [.. (await File.ReadAllLinesAsync(FileOf(History), Cancellation)).Select(line => JsonNode.Parse(line)!)];
}
