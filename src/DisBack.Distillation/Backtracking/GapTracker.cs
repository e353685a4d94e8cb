using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Backtracking;

/// <summary>Follows the score gap against the current target: what a <see cref="SwitchingPolicy"/> decides from. Part of the checkpoint.</summary>
/// <param name="State">What the policy sees.</param>
internal readonly record struct GapTracker(SwitchingState State)
{
    /// <summary>The weight of the newest gap in the average.</summary>
    private const double Newest = 0.2;

    /// <summary>A fall of the average counts when it is at least this part of the best.</summary>
    private const double Noticeable = 0.02;

    /// <summary>After one iteration.</summary>
    /// <param name="iteration">From 0.</param>
    /// <param name="gap">The gap of this iteration, or null where the generator did not move.</param>
    public GapTracker After(long iteration, double? gap)
    {
        var since = State.SinceSwitch + 1;
        var average = gap is not { } value ? State.Gap : State.Gap == 0 ? value : State.Gap + Newest * (value - State.Gap);
        // Same with 'average <= State.BestGap * (1 - Noticeable)': measured averages are never exactly there.
        var falls = State.BestGap == 0 || average < State.BestGap * (1 - Noticeable);
        return new GapTracker(new SwitchingState(
            iteration,
            since,
            average,
            since <= SwitchingState.WarmUp ? average : Math.Max(average, State.PeakGap),
            falls ? average : State.BestGap,
            falls ? 0 : State.SinceBest + 1,
            State.NextGap,
            State.Calibration,
            State.NextCalibration));
    }

    /// <summary>After the target has been compared with the next node.</summary>
    public GapTracker Comparing(NodeComparison compared) =>
        new(State with { NextGap = compared.NextGap, Calibration = compared.Calibration, NextCalibration = compared.NextCalibration });

    /// <summary>Forgets the old target.</summary>
    public GapTracker Restarted() => new(new SwitchingState { Iteration = State.Iteration });
}

/// <summary>The target beside the next node, on the student's noisy samples; what asks for the next node is 0 against the teacher.</summary>
/// <param name="NextGap">The gap from the next node to the target, measured as hosts measure that of the fake score.</param>
/// <param name="Calibration">How well the target knows the samples.</param>
/// <param name="NextCalibration">How well the next node knows them.</param>
internal readonly record struct NodeComparison(double NextGap, double Calibration, double NextCalibration);
