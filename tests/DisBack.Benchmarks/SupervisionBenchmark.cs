using System.CommandLine;
using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Hosting;

namespace DisBack.Benchmarks;

/// <summary>What a step pays for being watched: empty steps through the whole orchestration against the same steps in a bare loop.</summary>
internal static class SupervisionBenchmark
{
    private const double StepSeconds = 0.1;

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 500_000, Description = "Empty steps per round." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Rounds of each kind." };
        var command = new Command("supervision", "Cost of supervision per step, with a heartbeat twice a second and a metrics listener.") { steps, rounds };
        command.SetAction(async (parsed, _) => await RunAsync(parsed.GetValue(steps), parsed.GetValue(rounds)));
        return command;
    }

    private static async Task<int> RunAsync(int steps, int rounds)
    {
        using var folder = new TestKit.TemporaryFolder();
        // As in production, somebody listens to the instruments.
        using var listener = new System.Diagnostics.Metrics.MeterListener { InstrumentPublished = (instrument, self) => self.EnableMeasurementEvents(instrument) };
        listener.Start();
        List<double> bare = [], watched = [];
        await using var host = await EmbeddedHost.StartAsync(new EmbeddedOptions { DataFolder = folder.Path }, new EmptyTraining(steps, TimeSpan.Zero));
        for (var round = -1; round < rounds; round++)
        {
            var alone = Bare(steps);
            var teacher = host.Grains.GetGrain<ITeacherGrain>($"round{round}");
            await teacher.TrainAsync(EmptyTraining.Spec(every: steps));
            var (first, last) = (0L, 0L);
            await foreach (var update in teacher.WatchAsync(0))
            {
                // From the first step seen to the last, so that neither the start nor the upload of the end counts.
                if (update.Progress.Step > 0 && first == 0) (first, last) = (Stopwatch.GetTimestamp(), update.Progress.Step);
                if (update.Progress.Step == steps || update.Status == RunStatus.Completed)
                {
                    if (round >= 0) watched.Add(Stopwatch.GetElapsedTime(first).TotalSeconds / Math.Max(1, steps - last));
                    break;
                }
            }
            await TestKit.Silos.TestCluster.CompletedAsync(teacher);
            if (round >= 0) bare.Add(alone / steps);
        }
        var cost = Figures.Quantile(watched, 0.5) - Figures.Quantile(bare, 0.5);
        Figures.Print(
            $"Cost of supervision, {steps} empty steps (minimum / median / maximum of {rounds})",
            ("a step in a bare loop", Figures.Spread(bare)),
            ("the same step supervised", Figures.Spread(watched)),
            ($"share of a step of {1e3 * StepSeconds:f0} ms", $"{100 * cost / StepSeconds:f3} %"));
        return 0;
    }

    private static double Bare(int steps)
    {
        using var run = new EmptyTraining(steps, TimeSpan.Zero).Create(null!, null!);
        var started = Stopwatch.GetTimestamp();
        TrainingLoop.Drive(run, new CheckpointSettings { Every = steps }, new Silence(), CancellationToken.None);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private sealed class Silence : ITrainingListener
    {
        public void Measured(IReadOnlyList<Measurement> measurements)
        {
        }

        public void NodeRecorded(RecordedNode node)
        {
        }

        public void TargetSwitched(TargetSwitch change)
        {
        }

        public void ArtifactMade(string name, Action<Stream> write) => write(Stream.Null);

        public void CheckpointDue(long step, RunState state)
        {
        }
    }
}
