using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DisBack.Contracts.Hosting;
using DisBack.TestKit.History;
using DisBack.TestKit.Silos;

namespace DisBack.Benchmarks;

/// <summary>kill -9 of the worker that trains, or of everything, with the time-outs that a cluster has by default: how long until training goes on.</summary>
internal static class FailoverBenchmark
{
    private const int Bins = 10;

    /// <summary>A silo that lives shorter than its supervisor's 10 s has failed to start, and waits before the next start.</summary>
    private static readonly TimeSpan s_crashLoop = TimeSpan.FromSeconds(11);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(0.25);

    public static Command Create()
    {
        var kills = new Option<int>("--kills") { DefaultValueFactory = _ => 50, Description = "How often the training worker is killed." };
        var workers = new Option<int>("--workers")
        {
            DefaultValueFactory = _ => 2,
            Description = "Workers; with one, the run goes on where it was killed or nowhere.",
        };
        var watched = new Option<bool>("--watched") { Description = "Somebody watches the run all the while, which also tells how many steps are repeated." };
        var supervised = new Option<bool>("--supervised")
        {
            Description = "Workers run under their supervisor, which restarts them on the same endpoint, and are killed when all have a process that "
                + "stands by; otherwise the killed one is started again only after training went on elsewhere.",
        };
        var everything = new Option<bool>("--everything")
        {
            Description = "Every silo and who keeps the membership are killed, and started again at once: the cold start of a whole cluster.",
        };
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 0, Description = "Seed of the instants." };
        var membership = Memberships.Option();
        var command = new Command("failover", "Time from kill -9 of a training worker to its run going on, in a cluster of one control silo and two workers.")
        {
            kills,
            workers,
            supervised,
            watched,
            everything,
            seed,
            membership,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(kills),
            parsed.GetValue(workers),
            parsed.GetValue(supervised),
            parsed.GetValue(watched),
            parsed.GetValue(everything),
            parsed.GetValue(seed),
            parsed.GetValue(membership)));
        return command;
    }

    private static async Task<int> RunAsync(int kills, int workers, bool supervised, bool watched, bool everything, int seed, MembershipKind membership)
    {
        await using var cluster = await TestCluster.StartAsync(
            new()
            {
                Workers = workers,
                Supervised = supervised,
                Membership = membership,
                Configuration = new Dictionary<string, string> { ["Retry:Lost"] = "1000" },
            });
        // Stage 1 is over quickly; stage 2 never is.
        var trial = await cluster.SubmitAsync(TinyExperiment.Spec("failover", cluster.Teacher, recording: 8, backtracking: 1_000_000));
        var run = TestCluster.NameOf(trial);
        var reached = 0L;
        using var over = new CancellationTokenSource();
        var watching = !watched ? Task.CompletedTask : TestCluster.UntilAsync(
            trial,
            update =>
            {
                Volatile.Write(ref reached, update.Progress.Step);
                return false;
            },
            over.Token);

        var random = new Random(seed);
        var timeline = new RecoveryTimeline(cluster);
        var lastKills = new Dictionary<string, DateTimeOffset>();
        var (seconds, repeated) = (new List<double>(), new List<double>());
        var resumed = await cluster.HistoryAsync(record => record.Event == HistoryEvent.Resumed && record.Run == run);
        for (var kill = 1; kill <= kills; kill++)
        {
            // In the middle of training, at no particular instant of it.
            await cluster.HistoryAsync(record => record.Event == HistoryEvent.CheckpointAcknowledged && record.Run == run && record.Attempt == resumed.Attempt);
            await Task.Delay(TimeSpan.FromSeconds(1 + 3 * random.NextDouble()));
            var worker = cluster.Silo(resumed.Silo);
            if (supervised)
            {
                await RestedAsync(cluster, lastKills.GetValueOrDefault(worker.Name));
            }
            var (attempt, head) = (resumed.Attempt, Volatile.Read(ref reached));
            var (killed, killedAt) = (Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow);
            lastKills[worker.Name] = killedAt;
            if (everything)
            {
                await RestartAsync(cluster);
            }
            else if (supervised)
            {
                worker.KillSupervised();
            }
            else
            {
                await worker.KillAsync();
            }
            // The training thread writes this with its state restored, its next step before it.
            resumed = await cluster.HistoryAsync(record => record.Event == HistoryEvent.Resumed && record.Run == run && record.Attempt > attempt);
            seconds.Add(Stopwatch.GetElapsedTime(killed).TotalSeconds);
            repeated.Add(Math.Max(0, head - resumed.Step));
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"kill {kill} of {kills}: {worker.Name} -> {resumed.Silo} in {seconds[^1]:0.0} s, goes on from "
                    + $"step {resumed.Step}: {timeline.Add(killedAt, resumed)}"));
            if (!supervised || everything)
            {
                await cluster.ReviveAsync();
            }
        }
        await over.CancelAsync();
        await watching.ContinueWith(_ => { }, TaskScheduler.Default);
        var violations = await cluster.ViolationsAsync();

        Figures.Print(
            $"kill -9 of {(everything ? "everything" : "the training worker")}{(supervised ? ", supervised" : "")}, membership on {membership}, seed {seed}",
            ("kills", $"{kills}"),
            ("seconds to training again, median", FormattableString.Invariant($"{Figures.Quantile(seconds, 0.5):0.0}")),
            ("seconds to training again, worst", FormattableString.Invariant($"{seconds.Max():0.0}")),
            ("histogram", Histogram(seconds)),
            ("timeline, medians since the kill", timeline.Medians()),
            (
                "steps repeated, median and worst",
                watched ? FormattableString.Invariant($"{Figures.Quantile(repeated, 0.5):0} {repeated.Max():0}") : "not watched"),
            ("contradictions in the history", violations.Count == 0 ? "none" : string.Join('\n', violations)));
        return violations.Count == 0 ? 0 : 1;
    }

    /// <summary>
    /// Waits until every supervisor has a warm process that stands by, and takes the next end of this worker for an accident: a kill finds the cluster as it
    /// is most of the time.
    /// </summary>
    private static async Task RestedAsync(TestCluster cluster, DateTimeOffset lastKill)
    {
        while (DateTimeOffset.UtcNow < lastKill + s_crashLoop || cluster.Workers.Any(worker => !StandsBy(worker.Lines)))
        {
            await Task.Delay(s_pause);
        }

        static bool StandsBy(IReadOnlyList<string> lines) =>
            lines.Count(line => line.Contains("a second process stands by", StringComparison.Ordinal))
            > lines.Count(line => line.Contains("the silo ended with exit code", StringComparison.Ordinal));
    }

    private static async Task RestartAsync(TestCluster cluster)
    {
        await Task.WhenAll(cluster.Silos.Select(silo => silo.KillAsync()).Append(cluster.Server.EndAsync()));
        await cluster.Server.RestartAsync();
        foreach (var silo in cluster.Silos)
        {
            silo.Start();
        }
    }

    private static string Histogram(List<double> seconds)
    {
        var width = Math.Max(1, Math.Ceiling(seconds.Max() / Bins));
        return string.Join(
            '\n',
            seconds.GroupBy(second => (int)(second / width)).OrderBy(bin => bin.Key)
                .Select(
                    bin => FormattableString.Invariant($"{bin.Key * width,3:0}-{(bin.Key + 1) * width,3:0} s {new string('#', bin.Count())} {bin.Count()}")));
    }
}
