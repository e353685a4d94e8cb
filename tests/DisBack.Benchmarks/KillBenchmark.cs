using System.CommandLine;
using System.Diagnostics;

namespace DisBack.Benchmarks;

/// <summary>kill -9 at random instants, the command repeated each time: the student must be the uninterrupted run's, byte for byte.</summary>
internal static class KillBenchmark
{
    public static Command Create()
    {
        var spec = new Argument<string>("SPEC") { Description = "The experiment, for example client/samples/smoke.yaml." };
        var kills = new Option<int>("--kills") { DefaultValueFactory = _ => 20, Description = "How often the process is killed." };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 0, Description = "Seed of the instants." };
        var command = new Command("kills", "kill -9 at random instants against an uninterrupted run.") { spec, kills, seed };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(spec), parsed.GetValue(kills), parsed.GetValue(seed)));
        return command;
    }

    private static async Task<int> RunAsync(string spec, int kills, int seed)
    {
        var (whole, broken) = (Directory.CreateTempSubdirectory("disback-whole-").FullName, Directory.CreateTempSubdirectory("disback-broken-").FullName);
        try
        {
            var started = Stopwatch.GetTimestamp();
            await Disback.RunAsync("run", spec, "--data", whole);
            var length = Stopwatch.GetElapsedTime(started);

            var expected = Disback.DigestOf(whole, "student.safetensors");
            var random = new Random(seed);
            var (made, compared, same) = (0, 0, 0);
            while (made < kills)
            {
                using var process = Disback.Start("run", spec, "--data", broken);
                using var instant = new CancellationTokenSource(TimeSpan.FromSeconds(0.3 + random.NextDouble() * length.TotalSeconds / 3));
                try
                {
                    await process.WaitForExitAsync(instant.Token);
                    // The run has outlived its kills: compare it, and kill the next one.
                    Compare();
                    Directory.Delete(broken, recursive: true);
                    Directory.CreateDirectory(broken);
                }
                catch (OperationCanceledException)
                {
                    process.Kill();
                    await process.WaitForExitAsync(CancellationToken.None);
                    Console.WriteLine($"kill {++made} of {kills}");
                }
            }

            await Disback.RunAsync("run", spec, "--data", broken);
            Compare();
            Figures.Print(
                $"kill -9 of {Path.GetFileName(spec)}, seed {seed}",
                ("kills", $"{made}"),
                ("student of the uninterrupted run", expected),
                ("students of killed runs with the same bytes", $"{same} of {compared}"));
            return same == compared ? 0 : 1;

            void Compare()
            {
                compared++;
                same += Disback.DigestOf(broken, "student.safetensors") == expected ? 1 : 0;
            }
        }
        finally
        {
            Directory.Delete(whole, recursive: true);
            Directory.Delete(broken, recursive: true);
        }
    }
}
