using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DisBack.Silo;

/// <summary>
/// Ends the process when its stop takes longer than it may. Orleans signs off in the membership table with retries of five minutes that nothing cancels:
/// when Redis goes at the same moment, a stop would outlast every grace period, and the silo would be killed in the middle of it.
/// </summary>
internal sealed partial class FarewellLimit(
    IHostApplicationLifetime lifetime, Action exit, TimeSpan limit, TimeProvider time, ILogger<FarewellLimit> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _ = EndAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task EndAsync()
    {
        await Task.Delay(limit, time);
        LogLate(limit);
        exit();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The stop has taken {Limit}: the process ends without having signed off in the membership table, where "
        + "the other silos or its successor declare it dead.")]
    private partial void LogLate(TimeSpan limit);
}
