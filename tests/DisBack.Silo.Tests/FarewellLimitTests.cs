using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Silo.Tests;

/// <summary>A stop that does not come to its end is ended, and nothing else is.</summary>
public sealed class FarewellLimitTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(22);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLifetime _lifetime = new();
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task The_process_ends_when_its_stop_has_taken_too_long()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await new FarewellLimit(_lifetime, _exited.SetResult, s_limit, _time, NullLogger<FarewellLimit>.Instance).StartAsync(cancellation);
        _time.Advance(s_limit * 10);
        Assert.False(_exited.Task.IsCompleted);

        _lifetime.StopApplication();
        _time.Advance(s_limit - TimeSpan.FromSeconds(1));
        Assert.False(_exited.Task.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _exited.Task.WaitAsync(cancellation);
    }

    public void Dispose() => _lifetime.Dispose();

    private sealed class FakeLifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
