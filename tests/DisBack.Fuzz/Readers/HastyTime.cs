namespace DisBack.Fuzz.Readers;

/// <summary>The system's clock, on which the pauses between tries take no time; what waits longer is a time limit and stays one.</summary>
internal sealed class HastyTime : TimeProvider
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(8);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime > TimeSpan.Zero && dueTime <= s_longestPause ? TimeSpan.Zero : dueTime, period);
}
