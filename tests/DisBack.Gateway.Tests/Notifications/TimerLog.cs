using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>A clock that is moved by hand and says which timers wait for it.</summary>
internal sealed class TimerLog : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>The next timer of a length that is none of these.</summary>
    public async Task<TimeSpan> NextAsync(params TimeSpan[] others)
    {
        while (true)
        {
            var due = await _timers.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
            if (due != Timeout.InfiniteTimeSpan && !others.Contains(due))
            {
                return due;
            }
        }
    }
}
