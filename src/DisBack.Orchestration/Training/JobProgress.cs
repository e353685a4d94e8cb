using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;

namespace DisBack.Orchestration.Training;

/// <summary>How far a job has come: written by the training thread, read by any.</summary>
internal sealed class JobProgress(TimeProvider time)
{
    private static readonly TimeSpan s_rateWindow = TimeSpan.FromSeconds(1);

    private TrainingSnapshot _snapshot = new() { Stage = "starting" };
    private long _rateStarted = time.GetTimestamp();
    private long _rateStep = -1;
    private double _rate;

    public TrainingSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Index of the target that the run is at; -1 where it has none. For the training thread.</summary>
    public int Target { get; set; } = -1;

    /// <summary>Measures the rate from now on: what comes before the first step is not part of the pace of steps.</summary>
    public void RestartRate() => _rateStarted = time.GetTimestamp();

    /// <summary>The run has come to another step.</summary>
    public void Reached(ITrainingRun run)
    {
        var elapsed = time.GetElapsedTime(_rateStarted);
        if (_rateStep < 0 || elapsed >= s_rateWindow)
        {
            if (_rateStep >= 0)
            {
                _rate = (run.Step - _rateStep) / elapsed.TotalSeconds;
            }
            (_rateStarted, _rateStep) = (time.GetTimestamp(), run.Step);
        }
        Volatile.Write(ref _snapshot, _snapshot with
        {
            Stage = run.Stage, Step = run.Step, Steps = run.Steps, StepsPerSecond = _rate, TargetIndex = Target,
        });
    }

    /// <summary>Takes finite measurements.</summary>
    public void Measured(IEnumerable<Measurement> measurements)
    {
        var latest = measurements.Select(point => KeyValuePair.Create(point.Name, new MetricValue(point.Value, point.Step))).ToList();
        var best = _snapshot.Best;
        Volatile.Write(ref _snapshot, _snapshot with
        {
            Metrics = _snapshot.Metrics.SetItems(latest),
            Best = best.SetItems(latest.Where(
                point => MetricNames.LowerIsBetter(point.Key) && (!best.TryGetValue(point.Key, out var lowest) || point.Value.Value < lowest.Value))),
        });
    }
}
