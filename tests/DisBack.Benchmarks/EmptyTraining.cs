using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Training;
using TorchSharp;

namespace DisBack.Benchmarks;

/// <summary>
/// Runs that compute nothing, so that what is measured is the orchestration around them. Stage 1 records two nodes in two steps, at once.
/// </summary>
/// <param name="steps">Steps of every other run.</param>
/// <param name="pause">How long each of them takes, sleeping.</param>
internal sealed class EmptyTraining(long steps, TimeSpan pause) : ITrainingFactory
{
    /// <summary>A spec of which the orchestration looks at the checkpoints only.</summary>
    public static string Spec(int every) => $$$"""{"checkpoints":{"every":{{{every}}},"keep":2},"hardware":{"device":"cpu","threads":1}}""";

    /// <summary>The name of a metric whose value is <see cref="ClockNow"/> at its measurement.</summary>
    public const string Clock = "clock";

    /// <summary>What the clock begins again after.</summary>
    public const double ClockPeriod = 900;

    /// <summary>Whether runs measure something; otherwise they do only when they end.</summary>
    public bool Measures { get; init; }

    /// <summary>Seconds per step that the newest run to end spent between its steps.</summary>
    public double SecondsBetweenSteps { get; private set; }

    /// <summary>Seconds between 100 and 1000, of which a page that shows four digits shows tenths.</summary>
    public static double ClockNow => 100 + ((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds % ClockPeriod);

    public ITrainingRun Create(TrainingAssignment assignment, ITrainingInputs inputs) => assignment.Run.Kind == RunKind.Recording
        ? new Run(this, assignment.Run.Kind, 2, TimeSpan.Zero)
        : new Run(this, assignment.Run.Kind, steps, pause);

    private sealed class Run(EmptyTraining training, RunKind kind, long steps, TimeSpan pause) : ITrainingRun
    {
        private static readonly string[] s_losses = ["fid/quick", "loss/fake", "loss/generator", "score_gap"];

        private readonly Random _noise = new(0);
        private long _ended;
        private long _between;

        public string Stage => "empty";

        public long Step { get; private set; }

        public long Steps => steps;

        public void Begin(ITrainingListener listener)
        {
        }

        public void Advance(ITrainingListener listener)
        {
            if (_ended != 0)
            {
                _between += Stopwatch.GetTimestamp() - _ended;
            }
#pragma warning disable RS0030 // Stands for the time of a step, on the training thread.
            if (pause > TimeSpan.Zero)
            {
                Thread.Sleep(pause);
            }
#pragma warning restore RS0030
            Step++;
            if (kind == RunKind.Recording)
            {
                using var weights = torch.full(1, Step);
                listener.Reached(new RecordedNode((int)Step, Step, 1, [("weights", weights)], new Dictionary<string, string>()).ToMilestone());
            }
            _ended = Stopwatch.GetTimestamp();
        }

        public IReadOnlyList<Measurement> ReadMeasurements() => !training.Measures || kind == RunKind.Recording ? [] :
        [
            new(Step, Clock, ClockNow),
            .. s_losses.Select(name => new Measurement(Step, name, (float)(Math.Exp(-Step / 2000.0) + (0.1 * _noise.NextDouble())))),
        ];

        public RunState Capture() => new([], $"{Step}");

        public void Hold(Action untilCopied)
        {
            // There is nothing to copy.
        }

        public void Restore(RunState state) => Step = long.Parse(state.Progress, System.Globalization.CultureInfo.InvariantCulture);

        public void Complete(ITrainingListener listener)
        {
            training.SecondsBetweenSteps = _between / (double)Stopwatch.Frequency / Math.Max(1, steps - 1);
            listener.Measured([new Measurement(Step, MetricNames.Fid, 1)]);
            listener.ArtifactMade(kind == RunKind.Teacher ? "teacher.safetensors" : StudentFile.Name, stream => stream.WriteByte(1));
        }

        public void Dispose()
        {
        }
    }
}
