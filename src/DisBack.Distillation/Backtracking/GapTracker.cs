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
        var falls = State.BestGap == 0 || average < State.BestGap * (1 - Noticeable);
        return new GapTracker(new SwitchingState(
            iteration,
            since,
            average,
            since <= SwitchingState.WarmUp ? average : Math.Max(average, State.PeakGap),
            falls ? average : State.BestGap,
            falls ? 0 : State.SinceBest + 1,
            State.NextGap));
    }

    /// <summary>After the nodes have been compared.</summary>
    /// <param name="nextGap">The gap from the next node to the target.</param>
    public GapTracker Comparing(double nextGap) => new(State with { NextGap = nextGap });

    /// <summary>Forgets the old target.</summary>
    public GapTracker Restarted() => new(State with { SinceSwitch = 0, Gap = 0, PeakGap = 0, BestGap = 0, SinceBest = 0, NextGap = 0 });
}
