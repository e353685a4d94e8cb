using System.Diagnostics;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;

namespace DisBack.Orchestration.Training;

/// <summary>A run with what happens at every step boundary: stop requests, timing, the snapshot.</summary>
/// <param name="run">The run.</param>
/// <param name="kind">What it trains.</param>
/// <param name="progress">Updated after every step.</param>
/// <param name="time">The clock.</param>
/// <param name="stops">Any of them ends the run before its next step.</param>
internal sealed class PacedRun(ITrainingRun run, RunKind kind, JobProgress progress, TimeProvider time, params CancellationToken[] stops) : ITrainingRun
{
    private readonly TagList _tags = new() { { "kind", Telemetry.NameOf(kind) } };

    public string Stage => run.Stage;

    public long Step => run.Step;

    public long Steps => run.Steps;

    public void Begin(ITrainingListener listener)
    {
        run.Begin(listener);
        progress.RestartRate();
    }

    public void Advance(ITrainingListener listener)
    {
        foreach (var stop in stops)
        {
            stop.ThrowIfCancellationRequested();
        }
        var started = time.GetTimestamp();
        run.Advance(listener);
        Telemetry.StepSeconds.Record(time.GetElapsedTime(started).TotalSeconds, _tags);
        Telemetry.Steps.Add(1, _tags);
        progress.Reached(run);
    }

    public IReadOnlyList<Measurement> ReadMeasurements() => run.ReadMeasurements();

    public RunState Capture() => run.Capture();

    public void Restore(RunState state) => run.Restore(state);

    public void Complete(ITrainingListener listener) => run.Complete(listener);

    public void Dispose() => run.Dispose();
}
