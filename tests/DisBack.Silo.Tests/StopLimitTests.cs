using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Silo.Tests;

/// <summary>A process that was told to stop ends in bounded time, and one that was not goes on.</summary>
public sealed class StopLimitTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(70);

    [Fact]
    public void The_time_runs_from_the_stop_on()
    {
        var (time, exits) = (new FakeTimeProvider(), 0);
        using var lifetime = new FakeLifetime();
        using var limit = new StopLimit(lifetime, s_longest, () => exits++, time, NullLogger<StopLimit>.Instance);

        time.Advance(10 * s_longest);
        Assert.Equal(0, exits);
        lifetime.StopApplication();
        time.Advance(s_longest - TimeSpan.FromSeconds(1));
        Assert.Equal(0, exits);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, exits);
    }

    [Fact]
    public void What_has_ended_in_time_is_left_alone()
    {
        var (time, exits) = (new FakeTimeProvider(), 0);
        using var lifetime = new FakeLifetime();
        var limit = new StopLimit(lifetime, s_longest, () => exits++, time, NullLogger<StopLimit>.Instance);

        lifetime.StopApplication();
        limit.Dispose();
        time.Advance(s_longest);

        Assert.Equal(0, exits);
    }

    private sealed class FakeLifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
