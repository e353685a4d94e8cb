namespace DisBack.Orchestration.Hosting;

/// <summary>
/// The time of a silo without others beside it. Ten times a second Orleans sees whether the thread pool has stalled, for its probes of other silos and a line
/// of the log, and has no option for it: that was a third of what a process computes that waits for work. Here its timer never fires, and all others as ever.
/// </summary>
internal sealed class SoleSiloTime : TimeProvider
{
    /// <summary>No public type of Orleans. By another name it would have its timer.</summary>
    internal const string StallDetector = "Orleans.Runtime.MembershipService.ThreadPoolStallDetector";

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        state?.GetType().FullName == StallDetector
            ? base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : base.CreateTimer(callback, state, dueTime, period);
}
