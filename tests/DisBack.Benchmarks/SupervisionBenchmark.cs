using System.CommandLine;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Hosting;
using DisBack.Specs.Training;

namespace DisBack.Benchmarks;

/// <summary>What a step pays for being watched: the time between empty steps, through the whole orchestration and in a bare loop.</summary>
internal static class SupervisionBenchmark
{
    private const double StepSeconds = 0.1;

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 5_000_000, Description = "Empty steps per round." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Rounds of each kind." };
        var command = new Command("supervision", "Cost of supervision per step, with a heartbeat twice a second and a metrics listener.") { steps, rounds };
        command.SetAction(async (parsed, _) => await RunAsync(parsed.GetValue(steps), parsed.GetValue(rounds)));
        return command;
    }

    private static async Task<int> RunAsync(int steps, int rounds)
    {
        using var folder = new TestKit.TemporaryFolder();
        // As in production, somebody listens to the instruments.
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, self) => self.EnableMeasurementEvents(instrument),
        };
        listener.Start();
        var training = new EmptyTraining(steps, TimeSpan.Zero);
        List<double> bare = [], watched = [];
        await using var host = await EmbeddedHost.StartAsync(new EmbeddedOptions { DataFolder = folder.Path }, training);
        // The first round of each kind is for the compiler.
        for (var round = -1; round < rounds; round++)
        {
            using (var run = training.Create(null!, null!))
            {
                TrainingLoop.Run(run, new CheckpointSettings { Every = steps }, new Silence(), CancellationToken.None);
            }
            if (round >= 0)
            {
                bare.Add(training.SecondsBetweenSteps);
            }
            var teacher = host.Grains.GetGrain<ITeacherGrain>($"round{round}");
            await teacher.TrainAsync(EmptyTraining.Spec(every: steps));
            await TestKit.Silos.TestCluster.CompletedAsync(teacher);
            if (round >= 0)
            {
                watched.Add(training.SecondsBetweenSteps);
            }
        }
        var cost = Figures.Quantile(watched, 0.5) - Figures.Quantile(bare, 0.5);
        Figures.Print(
            $"Cost of supervision, {steps} empty steps (minimum / median / maximum of {rounds})",
            ("between two steps of a bare loop", Figures.Spread(bare, 1e6, "us")),
            ("between two supervised steps", Figures.Spread(watched, 1e6, "us")),
            ($"share of a step of {1e3 * StepSeconds:f0} ms", $"{100 * cost / StepSeconds:f4} %"));
        return 0;
    }

    private sealed class Silence : ITrainingListener
    {
        public void Measured(IReadOnlyList<Measurement> measurements)
        {
        }

        public void Reached(Milestone milestone)
        {
        }

        public void ArtifactMade(string name, Action<Stream> write) => write(Stream.Null);

        public Action CheckpointDue(long step, RunState state) => () => { };
    }
}
