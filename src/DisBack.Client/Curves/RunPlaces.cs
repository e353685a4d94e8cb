using DisBack.Contracts.Documents;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Client.Curves;

/// <summary>The places at which a run has made its measurements. They ascend: a position is the index of the node times -1.</summary>
public sealed class RunPlaces
{
    private readonly TrialDocument _trial;
    private readonly PlaceKind _kind;
    private readonly long _batch;
    private readonly int _firstTarget;
    private readonly double _used;
    private readonly double _forgotten;
    private readonly long[] _switchSteps;

    /// <summary>The places of a run's measurements.</summary>
    /// <param name="trial">The run.</param>
    /// <param name="kind">Which places.</param>
    /// <param name="recording">The trajectory, where what stage 1 has used counts too; it counts in full for each run that walks it.</param>
    public RunPlaces(TrialDocument trial, PlaceKind kind, TrajectoryDocument? recording)
    {
        (_trial, _kind) = (trial, kind);
        var spec = SpecJson.FromJson<ExperimentSpec>(trial.Spec);
        _batch = spec.Backtracking.Batch;
        _firstTarget = trial.Nodes > 0 ? spec.FirstTargetOf(trial.Nodes) : 0;
        // A document keeps the newest attempts, and the time of all that have ended.
        var kept = trial.Run.Attempts.Where(attempt => attempt.Ended is not null).Sum(attempt => attempt.DeviceSeconds(attempt.Ended!.Value));
        _forgotten = Math.Max(0, trial.Run.Seconds - kept);
        _switchSteps = [.. trial.Run.Switches.Select(change => change.Step)];
        _used = recording is null ? 0 : kind == PlaceKind.Images ? ImagesOf(recording) : recording.Run.Seconds;
    }

    /// <summary>Where a measurement lies.</summary>
    /// <param name="step">The step that it was made at.</param>
    /// <param name="time">When it was made.</param>
    public double Of(long step, DateTimeOffset time) => _kind switch
    {
        PlaceKind.Step => step,
        PlaceKind.Images => _used + (double)step * _batch,
        PlaceKind.DeviceSeconds => _used + _forgotten + _trial.Run.Attempts.Sum(attempt => attempt.DeviceSeconds(time)),
        PlaceKind.WallTime => (time - _trial.Run.Submitted).TotalSeconds,
        _ => -TargetAt(step),
    };

    /// <summary>A step is measured before the target is switched.</summary>
    private double TargetAt(long step)
    {
        // The last switch before the step: among those of one step, the last of them all.
        var (low, high) = (0, _switchSteps.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _switchSteps[middle] < step ? (middle + 1, high) : (low, middle);
        }
        return low == 0 ? _firstTarget : _trial.Run.Switches[low - 1].To;
    }

    private double ImagesOf(TrajectoryDocument recording) => recording.Nodes is [.., { Step: > 0 and var steps }]
        ? recording.Spec.Length > 0
            ? (double)steps * SpecJson.FromJson<ExperimentSpec>(recording.Spec).Recording.Batch
            : throw new DisBackException(
                $"The trajectory of {_trial.Id} was recorded elsewhere, so nothing tells how many images that took; leave --count-recording out.")
        : 0;
}
