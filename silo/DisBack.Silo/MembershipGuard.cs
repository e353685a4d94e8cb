using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DisBack.Silo;

/// <summary>
/// Notices that the membership table has lost this silo, after its server lost its data or somebody deleted a table: Orleans would go on for ever in a
/// cluster that no silo started later can see. The runs reach a checkpoint, and the process supervisor starts it anew.
/// </summary>
/// <remarks>Stopped after the runs have drained and before the silo, which would try for minutes to sign off in a table that is not there.</remarks>
internal sealed partial class MembershipGuard(
    IMembershipTable table,
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    SiloLife life,
    TimeSpan period,
    Func<Exception, bool> isWithoutTable,
    Action exit,
    TimeProvider time,
    ILogger<MembershipGuard> logger) : BackgroundService
{
    /// <summary>A read between the loss of the table and its restoration from the append-only file proves nothing yet.</summary>
    private const int TimesMissing = 2;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (life.ExitCode == ExitCodes.Restart)
        {
            exit();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(period, time);
        var missing = 0;
        try
        {
            while (await ticks.WaitForNextTickAsync(stoppingToken))
            {
                missing = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress) == SiloStatus.Active && !await IsListedAsync(stoppingToken)
                    ? missing + 1
                    : 0;
                if (missing < TimesMissing)
                {
                    continue;
                }
                LogLost(silo.Name);
                life.Restart("The membership table has lost this silo.");
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // Shutting down.
        }
    }

    private async Task<bool> IsListedAsync(CancellationToken cancellation)
    {
        try
        {
            return (await table.ReadAllAsync(cancellation)).Members.Any(member => member.Item1.SiloAddress.Equals(silo.SiloAddress));
        }
        catch (Exception e) when (isWithoutTable(e))
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A server that does not answer has lost nothing yet.
            LogUnread(e);
            return true;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The membership table has lost {Silo}: it stops to be started again.")]
    private partial void LogLost(string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The membership table cannot be read.")]
    private partial void LogUnread(Exception exception);
}
