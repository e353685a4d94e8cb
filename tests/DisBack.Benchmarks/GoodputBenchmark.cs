using System.CommandLine;
using System.Diagnostics;
using DisBack.TestKit.History;
using DisBack.TestKit.Silos;

namespace DisBack.Benchmarks;

/// <summary>Committed steps per second while the worker that trains is killed again and again, against the same run left in peace, in one cluster.</summary>
internal static class GoodputBenchmark
{
    public static Command Create()
    {
        var window = new Option<int>("--window") { DefaultValueFactory = _ => 120, Description = "Seconds per rate of failures." };
        var periods = new Option<int[]>("--every")
        {
            DefaultValueFactory = _ => [60, 15, 5],
            Description = "Seconds between failures.",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("goodput", "Goodput under kill -9 of the worker that trains, which is started again at once; checkpoints every 50 steps.")
        {
            window,
            periods,
        };
        command.SetAction(async (parsed, _) => await RunAsync(TimeSpan.FromSeconds(parsed.GetValue(window)), parsed.GetRequiredValue(periods)));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan window, int[] periods)
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Controls = 1, Workers = 2, Configuration = TestClusterOptions.QuickAndWarm,
        });
        var spec = TinyExperiment.Spec("goodput", cluster.Teacher, recording: 10, backtracking: 1_000_000);
        await cluster.SubmitAsync(spec with { Checkpoints = spec.Checkpoints with { Every = 50 } });
        await cluster.HistoryAsync(IsProgress);

        var timeline = new RecoveryTimeline(cluster);
        var free = await RateAsync(cluster, timeline, window, every: null);
        var rows = new List<(string, string)> { ("in peace", $"{free.Rate:f1} steps/s") };
        foreach (var period in periods)
        {
            var (rate, kills) = await RateAsync(cluster, timeline, window, TimeSpan.FromSeconds(period));
            rows.Add(($"killed every {period} s ({kills} kills)", $"{rate:f1} steps/s, goodput {100 * rate / free.Rate:f0} %"));
        }
        rows.Add(("timeline of the recoveries, medians since the kill", timeline.Medians()));
        Figures.Print($"Goodput over {window.TotalSeconds:f0} s each", [.. rows]);
        return 0;
    }

    private static async Task<(double Rate, int Kills)> RateAsync(TestCluster cluster, RecoveryTimeline timeline, TimeSpan window, TimeSpan? every)
    {
        var before = Head(cluster);
        var kills = 0;
        (DateTimeOffset At, int Attempt)? open = null;
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < window)
        {
            var rest = window - elapsed;
            await Task.Delay(every is { } pause && pause < rest ? pause : rest);
            if (every is null || Stopwatch.GetElapsedTime(started) >= window)
            {
                continue;
            }
            var last = cluster.History.Records.Last(record => record.Event == HistoryEvent.Resumed);
            if (open is { } kill && last.Attempt > kill.Attempt)
            {
                Console.WriteLine(timeline.Add(kill.At, last));
                open = null;
            }
            if (cluster.Workers.FirstOrDefault(worker => worker.Name == last.Silo) is not { IsRunning: true } victim)
            {
                continue;
            }
            open = (DateTimeOffset.UtcNow, last.Attempt);
            await victim.KillAsync();
            victim.Start();
            kills++;
        }
        return ((Head(cluster) - before) / Stopwatch.GetElapsedTime(started).TotalSeconds, kills);
    }

    private static long Head(TestCluster cluster) => cluster.History.Records.Where(IsProgress).Max(record => record.Step);

    private static bool IsProgress(HistoryRecord record) =>
        record.Event == HistoryEvent.CheckpointCommitted && record.Run.StartsWith("backtracking/", StringComparison.Ordinal);
}
