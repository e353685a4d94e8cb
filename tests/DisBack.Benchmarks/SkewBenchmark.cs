using System.CommandLine;
using System.Diagnostics;
using DisBack.TestKit;
using DisBack.TestKit.Silos;

namespace DisBack.Benchmarks;

/// <summary>
/// One rolling restart from an older version to this one, silo by silo, while runs train: nothing is lost, and the students are those of a
/// process that nothing happened to.
/// </summary>
internal static class SkewBenchmark
{
    /// <summary>Names another build of the silo than that of this checkout to whoever starts one.</summary>
    private const string SiloVariable = "DISBACK_SILO";

    public static Command Create()
    {
        var from = new Option<string>("--from")
        {
            Required = true,
            Description = "The git revision of the older silo; it is built in a folder of its own.",
            HelpName = "REVISION",
        };
        var command = new Command("skew", "A rolling restart from an older silo to this one while runs train.") { from };
        command.SetAction(async (parsed, cancellation) => await RunAsync(parsed.GetRequiredValue(from), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string revision, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var source = Path.Combine(folder.Path, "older");
        await ShellAsync("git", ["worktree", "add", "--detach", source, revision], cancellation);
        try
        {
            await ShellAsync("dotnet", ["build", Path.Combine(source, "silo", "DisBack.Silo"), "-c", "Release", "-nologo", "-v", "quiet"], cancellation);
            return await RollAsync(revision, Path.Combine(source, "silo", "DisBack.Silo", "bin", "Release", "net10.0", "DisBack.Silo.dll"));
        }
        finally
        {
            await ShellAsync("git", ["worktree", "remove", "--force", source], CancellationToken.None);
        }
    }

    private static async Task<int> RollAsync(string revision, string olderSilo)
    {
        const int runs = 3;
        var expected = await FaultFreeRun.StudentsAsync(
            teacher => Enumerable.Range(0, runs).Select(seed => TinyExperiment.Spec($"skew-{seed}", teacher, seed, backtracking: 3000)));
        Environment.SetEnvironmentVariable(SiloVariable, olderSilo);
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            // An older version may not know every setting.
            Controls = 2, Workers = 2, Slots = 2, Configuration = TestClusterOptions.QuickAndWarm,
        });
        var trials = await Task.WhenAll(
            Enumerable.Range(0, runs).Select(seed => cluster.SubmitAsync(TinyExperiment.Spec($"skew-{seed}", cluster.Teacher, seed, backtracking: 3000))));
        foreach (var trial in trials)
        {
            await TestCluster.UntilAsync(trial, update => update.Progress.Step > 20, CancellationToken.None);
        }

        Environment.SetEnvironmentVariable(SiloVariable, null);
        foreach (var silo in cluster.Silos)
        {
            await silo.TerminateAsync();
            await silo.StartAsync();
        }
        foreach (var trial in trials)
        {
            await TestCluster.CompletedAsync(trial, CancellationToken.None);
        }
        var students = await Task.WhenAll(trials.Select(cluster.StudentAsync));
        var violations = await cluster.ViolationsAsync();

        Figures.Print(
            $"A rolling restart from {revision} to this version, {runs} runs, 4 silos",
            ("students as without faults", $"{students.Zip(expected).Count(pair => pair.First == pair.Second)} of {runs}"),
            ("violations of the history", $"{violations.Count}"));
        foreach (var violation in violations)
        {
            Console.WriteLine(violation);
        }
        return students.SequenceEqual(expected) && violations.Count == 0 ? 0 : 1;
    }

    private static async Task ShellAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"'{program} {string.Join(' ', arguments)}' ended with exit code {process.ExitCode}; run it by hand to see why.");
        }
    }
}
