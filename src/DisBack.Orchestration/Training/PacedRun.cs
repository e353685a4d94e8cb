using System.Diagnostics;
using DisBack.Contracts.Grains;
using DisBack.Diffusion;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Runs;
using DisBack.Telemetry;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>A run with what happens at every step boundary: stop requests, timing, the snapshot.</summary>
/// <param name="run">The run.</param>
/// <param name="kind">What it trains.</param>
/// <param name="progress">Updated after every step.</param>
/// <param name="time">The clock.</param>
/// <param name="device">Where it computes.</param>
/// <param name="stops">Any of them ends the run before its next step.</param>
internal sealed class PacedRun(
    ITrainingRun run, RunKind kind, JobProgress progress, TimeProvider time, Device device, params CancellationToken[] stops) : ITrainingRun
{
    private readonly TagList _tags = new() { MetricLabels.Of(kind) };

    /// <summary>How long it was in its steps.</summary>
    public TimeSpan InSteps { get; private set; }

    public string Stage => run.Stage;

    public long Step => run.Step;

    public long Steps => run.Steps;

    public void Begin(ITrainingListener listener)
    {
        using var turn = Turn();
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
        using (Turn())
        {
            run.Advance(listener);
        }
        var took = time.GetElapsedTime(started);
        InSteps += took;
        Instruments.StepSeconds.Record(took.TotalSeconds, _tags);
        Instruments.Steps.Add(1, _tags);
        progress.Reached(run);
    }

    public IReadOnlyList<Measurement> ReadMeasurements()
    {
        using var turn = Turn();
        return run.ReadMeasurements();
    }

    public RunState Capture() => run.Capture();

    public void Hold(Action untilCopied) => run.Hold(untilCopied);

    public void Restore(RunState state)
    {
        using var turn = Turn();
        run.Restore(state);
    }

    public void Complete(ITrainingListener listener)
    {
        using var turn = Turn();
        run.Complete(listener);
    }

    public void Dispose() => run.Dispose();

    /// <summary>What a run does not ask to be computed in TF32 is not, whoever shares the process.</summary>
    private IDisposable? Turn() => CudaTurns.Take(device, tf32: false);
}
