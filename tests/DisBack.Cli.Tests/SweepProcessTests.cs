using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>Sweeps by the real executable: what it foretells, what it leaves, and that nothing that ends it changes what comes of it.</summary>
public sealed class SweepProcessTests(TaughtFolder folder) : IClassFixture<TaughtFolder>
{
    private const string Spec = """
        name: rates
        teacher: tiny
        recording: { steps: 8, batch: 4, seed: 0, nodes: { policy: every, interval: 4 } }
        backtracking: { steps: 30, batch: 4, switching: { policy: fixed, interval: 10 } }
        checkpoints: { every: 10 }
        evaluation: { every: 0, final_samples: 100, reference: { source: digits, resolution: 14 } }
        search:
          sampler: tpe
          trials: 5
          max_concurrent: 2
          space:
            backtracking.generator.learning_rate: { low: 1.0e-5, high: 1.0e-3, log: true }
            seed: [1, 2]
        hardware: { threads: 1 }
        """;

    [Fact]
    public async Task A_sweep_that_is_interrupted_and_killed_ends_with_the_points_and_figures_of_an_undisturbed_one()
    {
        await WriteAsync(folder.Path, "sweep.yaml", Spec);
        var (code, output, error) = await SweepAsync("whole");
        Assert.True(code == ExitCode.Ok, output + error);

        using (var stopped = DisBackProcess.Start(folder.Path, "sweep", "sweep.yaml", "--data", Copied("broken")))
        {
            await stopped.SeesAsync("/0000 is complete");
            stopped.Interrupt();
            Assert.Equal(ExitCode.Interrupted, (await stopped.EndAsync()).Code);
        }
        using (var killed = DisBackProcess.Start(folder.Path, "sweep", "sweep.yaml", "--data", "broken"))
        {
            await killed.SeesAsync("/0002 is complete");
            killed.Kill();
            await killed.EndAsync();
        }
        Assert.Equal(ExitCode.Ok, (await SweepAsync("broken", copy: false)).Code);

        Assert.Equal(Table("whole"), Table("broken"));
        var best = await DisBackProcess.RunAsync(folder.Path, "best", "rates", "-n", "1", "--data", "broken");
        Assert.Contains("rates-", best.Output, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(folder.Path, "broken", "runs"), "student.safetensors", SearchOption.AllDirectories));

        var deleted = await DisBackProcess.RunAsync(folder.Path, "delete", "sweep/rates", "--yes", "--data", "broken");
        Assert.True(deleted.Code == ExitCode.Ok, deleted.Error);
        Assert.Contains("with its 5 trials", deleted.Output, StringComparison.Ordinal);
        var sweeps = await DisBackProcess.RunAsync(folder.Path, "sweep", "list", "--data", "broken");
        Assert.Contains("There are no sweeps", sweeps.Output, StringComparison.Ordinal);
        Assert.Contains("There are no runs", (await DisBackProcess.RunAsync(folder.Path, "list", "--data", "broken")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_amended_sweep_has_the_trials_of_one_that_was_wider_from_the_start()
    {
        var sobol = Spec.Replace("sampler: tpe", "sampler: sobol", StringComparison.Ordinal).Replace("name: rates", "name: wider", StringComparison.Ordinal);
        await WriteAsync(folder.Path, "wider.yaml", sobol.Replace("trials: 5", "trials: 2", StringComparison.Ordinal));
        var data = Copied("wider");
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, "sweep", "wider.yaml", "--data", data);
        Assert.True(code == ExitCode.Ok, output + error);

        var forecast = await DisBackProcess.RunAsync(
            folder.Path, "amend", "wider", "--set", "search.trials=3", "--dry-run", "--json", "--data", data);
        Assert.Equal((1, 0, 30), Figures(JsonNode.Parse(forecast.Output)!));
        var narrower = await DisBackProcess.RunAsync(folder.Path, "amend", "wider", "--set", "search.trials=1", "--data", data);
        Assert.Equal(ExitCode.Invalid, narrower.Code);
        Assert.Contains("a sweep of 2 trials cannot have 1", narrower.Error, StringComparison.Ordinal);
        (code, output, error) = await DisBackProcess.RunAsync(folder.Path, "amend", "wider", "--set", "search.trials=3", "--data", data);
        Assert.True(code == ExitCode.Ok, output + error);

        Assert.Contains("3 trials: 3 completed", output, StringComparison.Ordinal);
        await WriteAsync(folder.Path, "wide.yaml", sobol.Replace("trials: 5", "trials: 3", StringComparison.Ordinal));
        var whole = Copied("wide");
        Assert.Equal(ExitCode.Ok, (await DisBackProcess.RunAsync(folder.Path, "sweep", "wide.yaml", "--data", whole)).Code);
        Assert.Equal(Rows(whole), Rows(data));

        static (int, int, int) Figures(JsonNode forecast) =>
            ((int)forecast["trials"]!, (int)forecast["recording_steps"]!, (int)forecast["backtracking_steps"]!);

        // The names of the trials differ, for those of the sweeps do.
        IEnumerable<string> Rows(string data) => Table(data).Select(line => line[(line.IndexOf(',', StringComparison.Ordinal) + 1)..]);
    }

    [Fact]
    public async Task A_forecast_counts_trials_trajectories_and_steps_and_submits_nothing()
    {
        await WriteAsync(folder.Path, "forecast.yaml", Spec.Replace("sampler: tpe", "sampler: sobol", StringComparison.Ordinal));
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, "sweep", "forecast.yaml", "--dry-run", "--json");
        Assert.True(code == ExitCode.Ok, output + error);
        var forecast = JsonNode.Parse(output)!;

        Assert.Equal((5, 8, 150), ((int)forecast["trials"]!, (int)forecast["recording_steps"]!, (int)forecast["backtracking_steps"]!));
        Assert.Equal((5, false), ((int)forecast["trajectories"]![0]!["trials"]!, (bool)forecast["trajectories"]![0]!["is_there"]!));
        Assert.Contains("There are no sweeps", (await DisBackProcess.RunAsync(folder.Path, "sweep", "list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trials: 5", "trials: none", "sweep.yaml:9:11: 'search.trials' is 'none'")]
    [InlineData("low: 1.0e-5", "low: -1", "sweep.yaml:12:50: a logarithmic axis begins above 0")]
    [InlineData("seed: [1, 2]", "backtracking.switching.interval: [10, 100]", "the student needs")]
    [InlineData("teacher: tiny", "teacher: tinny", "did you mean 'tiny'?")]
    public async Task Mistakes_are_told_before_anything_runs(string right, string wrong, string sentence)
    {
        var data = Directory.CreateTempSubdirectory("disback-sweep-").FullName;
        await WriteAsync(data, "sweep.yaml", Spec.Replace(right, wrong, StringComparison.Ordinal));
        var (code, output, error) = await DisBackProcess.RunAsync(
            data, "sweep", "sweep.yaml", "--dry-run", "--data", Path.Combine(folder.Path, "disback-data"));
        Directory.Delete(data, recursive: true);

        Assert.NotEqual(ExitCode.Ok, code);
        Assert.Equal("", output);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sweep_that_is_given_to_run_is_recognised()
    {
        await WriteAsync(folder.Path, "given.yaml", Spec);
        var (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "run", "given.yaml");
        Assert.Equal((ExitCode.Invalid, "disback: given.yaml describes a sweep; run it with 'disback sweep given.yaml', or leave its section 'search' out."),
            (code, error.Trim()));
    }

    private static Task WriteAsync(string to, string name, string text) =>
        File.WriteAllTextAsync(Path.Combine(to, name), text, TestContext.Current.CancellationToken);

    private Task<(ExitCode Code, string Output, string Error)> SweepAsync(string data, bool copy = true) =>
        DisBackProcess.RunAsync(folder.Path, "sweep", "sweep.yaml", "--data", copy ? Copied(data) : data);

    /// <summary>A data folder of its own that has the teacher.</summary>
    private string Copied(string name)
    {
        var (from, to) = (Path.Combine(folder.Path, "disback-data"), Path.Combine(folder.Path, name));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return name;
    }

    /// <summary>What people find of a sweep, but how many attempts it took.</summary>
    private IEnumerable<string> Table(string data) =>
        File.ReadAllLines(Directory.EnumerateFiles(Path.Combine(folder.Path, data, "runs"), "trials.csv", SearchOption.AllDirectories).Single())
            .Select(line => string.Join(',', line.Split(',').Where((_, column) => column != 4)));
}
