using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Training;

namespace DisBack.Benchmarks;

/// <summary>Runs that compute nothing, so that what is measured is the orchestration around them.</summary>
/// <param name="steps">Steps of a run.</param>
/// <param name="pause">How long a step takes, sleeping.</param>
internal sealed class EmptyTraining(long steps, TimeSpan pause) : ITrainingFactory
{
    /// <summary>A spec of which the orchestration looks at the checkpoints only.</summary>
    public static string Spec(int every) => $$$"""{"checkpoints":{"every":{{{every}}},"keep":2},"hardware":{"device":"cpu","threads":1}}""";

    public ITrainingRun Create(TrainingAssignment assignment, ITrainingInputs inputs) => new Run(steps, pause);

    private sealed class Run(long steps, TimeSpan pause) : ITrainingRun
    {
        public string Stage => "empty";

        public long Step { get; private set; }

        public long Steps => steps;

        public void Begin(ITrainingListener listener)
        {
        }

        public void Advance(ITrainingListener listener)
        {
            if (pause > TimeSpan.Zero) Thread.Sleep(pause);
            Step++;
        }

        public IReadOnlyList<Measurement> ReadMeasurements() => [];

        public RunState Capture() => new([], $"{Step}");

        public void Restore(RunState state) => Step = long.Parse(state.Progress, System.Globalization.CultureInfo.InvariantCulture);

        public void Complete(ITrainingListener listener) => listener.ArtifactMade("teacher.safetensors", stream => stream.WriteByte(1));

        public void Dispose()
        {
        }
    }
}
