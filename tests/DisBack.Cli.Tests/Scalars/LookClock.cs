using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Cli.Tests.Scalars;

/// <summary>The clock of a command that looks for something new again and again: it looks when it is told to.</summary>
internal sealed class LookClock() : FakeTimeProvider(DateTimeOffset.UtcNow)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _looks = Channel.CreateUnbounded<bool>();

    /// <summary>Waits until a look is over and the command waits for the next.</summary>
    public async Task LookedAsync() => await _looks.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>Begins the next look.</summary>
    public void Look() => Advance(s_look);

    /// <summary>Has the command look once more.</summary>
    public Task LookOnceAsync()
    {
        Look();
        return LookedAsync();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime == s_look)
        {
            _looks.Writer.TryWrite(true);
        }
        return timer;
    }
}
