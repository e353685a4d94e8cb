using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Orchestration.Supervision;

/// <summary>
/// Sees to it, on every control silo, that the one supervisor of the cluster is active somewhere: periodically, and at once when a silo has died, which may
/// have been the supervisor's or have kept its entry of the grain directory.
/// </summary>
internal sealed partial class SupervisorService(
    IGrainFactory grains,
    IClusterMembershipService membership,
    IOptions<SupervisionOptions> options,
    TimeProvider time,
    ILogger<SupervisorService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        MetricLabels.ShowAtZero();
        var deaths = new DeathNotices(membership, stoppingToken);
        try
        {
            while (true)
            {
                await EnsureAsync();
                await deaths.WaitAsync(options.Value.Ensure, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Shutting down.
        }
    }

    private async Task EnsureAsync()
    {
        try
        {
            await grains.GetGrain<IRunSupervisorGrain>(GrainKeys.Supervisor).EnsureAsync();
        }
        catch (Exception e)
        {
            // The next time is soon.
            LogUnreached(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The supervisor of runs cannot be reached.")]
    private partial void LogUnreached(Exception exception);
}
