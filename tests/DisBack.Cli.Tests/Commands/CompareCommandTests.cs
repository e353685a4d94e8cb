using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Cli.Tests.Comparisons;
using DisBack.Contracts.Documents;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Tests.Commands;

/// <summary>What <c>disback compare</c> says of runs whose measurements are known.</summary>
public sealed class CompareCommandTests : IDisposable
{
    private const string Slow = "backtracking.generator.learning_rate=1.0e-5";

    private readonly StoredRuns _stored = new();

    public void Dispose() => _stored.Dispose();

    [Fact]
    public async Task Runs_that_differ_in_seeds_and_names_form_an_arm_and_arms_are_compared_over_seeds()
    {
        await ArmsAsync();
        var said = (await JsonAsync("compare a1 b1 a2 b2 b3 a3 b4 --to 5"))!;
        Assert.Equal(["backtracking.generator.learning_rate"], said["differences"]!.AsObject().Select(key => key.Key));
        Assert.Equal(["[\"1E-05\",\"5E-05\"]"], said["differences"]!.AsObject().Select(key => key.Value!.ToJsonString()));
        var (first, second) = (said["arms"]![0]!, said["arms"]![1]!);
        Assert.Equal([2, 3, 4], first["runs"]!.AsArray().Select(run => (int)run!["seed"]!));
        Assert.Equal([2400, 2100, 2600], first["runs"]!.AsArray().Select(run => (int)run!["reached"]!));
        Assert.Equal((3, 7100 / 3.0, 2400), ((int)first["reached"]!, (double)first["mean"]!, (int)first["median"]!));
        // As of RatioEstimateTests, with SciPy.
        Assert.Equal(0.5423526646163161, (double)second["ratio"]!, 1e-9);
        Assert.Equal(0.42764176807697485, (double)second["low"]!, 1e-9);
        Assert.Equal(0.6878336841116801, (double)second["high"]!, 1e-9);
    }

    [Fact]
    public async Task Values_stand_at_common_places_as_means_of_the_seeds_that_have_one()
    {
        await _stored.RunAsync("a1", [Slow, "seed=1"], [(0, 8), (4, 6), (8, 4)]);
        await _stored.RunAsync("a2", [Slow, "seed=2"], [(2, 9), (4, 7), (16, 3)]);
        await _stored.RunAsync("b1", [], [(0, 20), (8, 2)]);
        var (code, output, error) = await _stored.AskAsync("compare a1 a2 b1 --by step");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("""
            STEP  ARM 1            ARM 2
            0     8.0000 (1 of 2)  20.0
            1     8.0000 (1 of 2)  20.0
            2     8.5000           20.0
            3     8.5000           20.0
            4     6.5000           20.0
            5     6.5000           20.0
            6     6.5000           20.0
            7     6.5000           20.0
            8     5.5000           2.0000
            """.ReplaceLineEndings("\n"), output, StringComparison.Ordinal);
        Assert.Contains("First at fid 4.0000 or better, the best value that all of these runs have reached", output, StringComparison.Ordinal);
        Assert.Contains("2 of 2   12    12      1\n", output, StringComparison.Ordinal);
        Assert.Contains("Arm 2: no interval, for arms 1, 2 have fewer than 3 seeds.", output, StringComparison.Ordinal);

        var csv = (await _stored.AskAsync("compare a1 a2 b1 --by step --csv")).Output.Split('\n');
        Assert.Equal("arm,step,mean,standard_deviation,runs", csv[0]);
        Assert.Equal($"1,8,5.5,{Math.Sqrt(4.5):R},2", csv[9]);
        Assert.Equal("2,0,20,,1", csv[10]);
    }

    [Theory]
    [InlineData("--to 2", "Arm 2: no ratio, for arms 1, 2 have runs that never reached the value. Name an easier one with --to.")]
    [InlineData("--to 100", "Arm 2: no ratio, for arms 1, 2 have runs that had the value from the start. Name a harder one with --to.")]
    [InlineData("--to 6", "Arm 2: no interval, for the seeds of each arm reached the value at one and the same place.")]
    [InlineData("--to 5 --by position", "Positions are no amounts, so they have no ratio.")]
    public async Task What_cannot_be_told_is_said(string options, string sentence)
    {
        await ArmsAsync();
        Assert.Contains(sentence, (await _stored.AskAsync($"compare a1 a2 a3 b1 b2 b3 b4 {options}")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("step", 20)]
    [InlineData("images", 200)]
    [InlineData("images --count-recording", 270)]
    [InlineData("device-seconds", 12)] // 2 s of the attempts that are forgotten, 3 s of the first that is kept on each of 2 slots, 2 s of the second on 2
    [InlineData("device-seconds --count-recording", 62)]
    [InlineData("wall-time", 9)]
    [InlineData("position", 1)]
    public async Task A_place_is_what_the_option_says(string by, double place)
    {
        await _stored.KeepAsync(DocumentNames.Trajectory, "walked", new TrajectoryDocument
        {
            Id = "walked",
            Spec = SpecJson.Canonical(SpecReader.Parse<ExperimentSpec>("name: r\nteacher: digits\nrecording: { batch: 7 }", "r.yaml")),
            Nodes = [new NodeRef(0, 0, new ContentRef(new string('a', 64), 1)), new NodeRef(1, 10, new ContentRef(new string('b', 64), 1))],
            Run = new RunRecord { Seconds = 50 },
        });
        (long, double)[] values = [.. Enumerable.Range(0, 8).Select(k => ((long)k, 9.0)), (20, 1)];
        await _stored.RunAsync("run", [], values, trial => trial with
        {
            Trajectory = "walked",
            Run = trial.Run with
            {
                Seconds = 8,
                Attempts =
                [
                    new Attempt { Number = 3, Started = StoredRuns.Start, Ended = StoredRuns.Start.AddSeconds(3), Slots = 2 },
                    new Attempt { Number = 4, Started = StoredRuns.Start.AddSeconds(7), Slots = 2 },
                ],
                // The measurement of step 20 comes before the switch of step 20.
                Switches = [new SwitchRecord(5, 2, 1, null), new SwitchRecord(20, 1, 0, null)],
            },
        });
        Assert.Equal(place, (double)(await JsonAsync($"compare run --to 1 --by {by}"))["arms"]![0]!["mean"]!);
    }

    [Fact]
    public async Task The_trials_of_a_sweep_are_named_together_and_weights_of_two_teachers_are_two_arms()
    {
        await _stored.RunAsync("s", [], [(0, 5), (4, 3)], trial => trial with { Id = "s-00000000/0000" });
        await _stored.RunAsync("s", ["seed=1"], [(0, 5), (4, 3)], trial => trial with { Id = "s-00000000/0002", Teacher = new(new string('c', 64), 1) });
        await _stored.KeepAsync(DocumentNames.Sweep, "s-00000000", new SweepDocument
        {
            Id = "s-00000000",
            Name = "s",
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.Add("digits", new(new string('a', 64), 1)),
        });
        var page = new SweepPage { Trials = [new() { Ordinal = 0 }, new() { Ordinal = 1 }, new() { Ordinal = 2 }, new() { Ordinal = 3, Deleted = true }] };
        await _stored.KeepAsync(DocumentNames.SweepPage, "s-00000000/0", page);
        var said = await JsonAsync("compare sweep/s s-00000000/0002");
        Assert.Equal(["teacher_weights"], said["differences"]!.AsObject().Select(key => key.Key));
        Assert.Equal(["s-00000000/0000", "s-00000000/0002"], said["arms"]!.AsArray().Select(arm => (string)arm!["runs"]!.AsArray().Single()!["id"]!));
    }

    [Fact]
    public async Task A_seed_counts_once_and_runs_without_measurements_are_named()
    {
        await _stored.RunAsync("a", [], [(0, 5)]);
        await _stored.RunAsync("b", [], [(0, 5), (4, 3)]);
        await _stored.RunAsync("c", ["seed=1"], []);
        var (code, output, _) = await _stored.AskAsync("compare a b c");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("a-00000000/0000 is left out: another run of arm 1 has its seed 0.", output, StringComparison.Ordinal);
        Assert.Contains("c-00000000/0000 has not measured fid; it is completed.", output, StringComparison.Ordinal);
        Assert.Contains("there is one arm and nothing to compare it with", output, StringComparison.Ordinal);
        Assert.Contains("1 of 2 ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--metric accuracy", "maximize", 4)]
    [InlineData("--metric accuracy --goal minimize", "minimize", 6)]
    [InlineData("", "minimize", 6)]
    public async Task Higher_is_better_of_all_but_Frechet_distances(string options, string goal, double to)
    {
        await _stored.RunAsync("a", [], [(0, 8), (4, 4)]);
        await _stored.RunAsync("b", [Slow], [(0, 4), (4, 3)]);
        await _stored.RunAsync("c", ["seed=1"], [(0, 7), (4, 6)]);
        var said = await JsonAsync($"compare a b c {options}".TrimEnd());
        Assert.Equal((goal, to), ((string)said["goal"]!, (double)said["to"]!));
    }

    [Theory]
    [InlineData("compare a --metric fidd", 3, "No run of these has measured 'fidd'; did you mean 'fid'?")]
    [InlineData("compare empty", 3, "These runs have measured nothing yet")]
    [InlineData("compare absent", 4, "There is no run 'absent'")]
    [InlineData("compare a --by step --count-recording", 2, "--count-recording is about --by images and --by device-seconds")]
    [InlineData("compare a --json --csv", 2, "leave one out")]
    [InlineData("compare a --to NaN", 2, "--to is no finite number")]
    public async Task Mistakes_are_told(string line, int code, string sentence)
    {
        await _stored.RunAsync("a", [], [(0, 5)]);
        await _stored.RunAsync("empty", [], []);
        if (line == "compare empty")
        {
            Directory.Delete(Path.Combine(_stored.Folder, "metrics"), recursive: true);
        }
        var result = await _stored.AskAsync(line);
        Assert.Equal(code, (int)result.Code);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_curves_are_told_and_the_rest_is_compared()
    {
        await _stored.RunAsync("a", [], [(0, 5), (4, 3)]);
        var chunk = Directory.EnumerateFiles(Path.Combine(_stored.Folder, "metrics"), "*.ndjson", SearchOption.AllDirectories).Single();
        var lines = await File.ReadAllLinesAsync(chunk, TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(chunk, [.. lines[..3], "{", .. lines[4..]], TestContext.Current.CancellationToken);
        var (code, output, error) = await _stored.AskAsync("compare a");
        Assert.Equal(ExitCode.Storage, code);
        Assert.Contains("is damaged at line 4", error, StringComparison.Ordinal);
        Assert.Contains("First at fid 5.0000", output, StringComparison.Ordinal);
    }

    /// <summary>Three slow runs and four fast ones, which reach 5 where the oracle of ratios has it.</summary>
    private async Task ArmsAsync()
    {
        foreach (var (index, step) in new[] { 240, 210, 260 }.Index())
        {
            await _stored.RunAsync($"a{index + 1}", [Slow, $"seed={index + 2}"], [(0, 9), (10, 6), (step, 4)]);
        }
        foreach (var (index, step) in new[] { 120, 150, 135, 110 }.Index())
        {
            await _stored.RunAsync($"b{index + 1}", ["backtracking.generator.learning_rate=5.0e-5", $"seed={index}"], [(0, 9), (10, 6), (step, 4)]);
        }
    }

    private async Task<JsonNode> JsonAsync(string line)
    {
        var (code, output, error) = await _stored.AskAsync($"{line} --json");
        Assert.True(code == ExitCode.Ok, error);
        return JsonNode.Parse(output)!;
    }
}
