using System.Collections.Immutable;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Storage.Cache;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace DisBack.Orchestration.Training;

/// <summary>
/// Tells the pool what this worker has and runs; at shutdown, tells it first that there is nothing left to give and then lets every run reach
/// a committed checkpoint while the silo can still serve the commits.
/// </summary>
internal sealed partial class WorkerService(
    ITrainingRuntime runtime,
    WeightCache weights,
    IGrainFactory grains,
    ILocalSiloDetails silo,
    IClusterMembershipService membership,
    ISiloMetadataCache metadata,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<WorkerService> logger) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ReportAsync(leaving: true, cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Value.Drain);
        await runtime.DrainAsync(patience.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var period = new PeriodicTimer(options.Value.Report, time);
        try
        {
            do await ReportAsync(leaving: false, stoppingToken);
            while (await period.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Shutting down.
        }
    }

    private async Task ReportAsync(bool leaving, CancellationToken stopping)
    {
        // A worker that is there before the first control silo has nobody to tell, and that is no reason for an alarm.
        if (!membership.CurrentSnapshot.Members.Values.Any(member => member.Status == SiloStatus.Active && RoleFilterDirector.Has(metadata, member.SiloAddress, SiloRole.Control))) return;
        try
        {
            var report = new WorkerReport(silo.SiloAddress, silo.Name, leaving ? [] : runtime.Devices, runtime.Occupied, [.. weights.Digests], [.. weights.TakeDamaged()]);
            var damaged = await grains.Pool().ReportAsync(report);
            // Beside the reports: hashing a large file takes longer than the pool waits for the next one.
            if (!damaged.IsEmpty) _ = HealAsync(damaged, stopping);
        }
        catch (Exception e)
        {
            // The next report is soon.
            LogUnreported(e);
        }
    }

    private async Task HealAsync(ImmutableArray<string> damaged, CancellationToken stopping)
    {
        try
        {
            foreach (var digest in damaged) await weights.HealAsync(digest, stopping);
        }
        catch (Exception e)
        {
            LogUnhealed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The pool did not take the report of this worker.")]
    private partial void LogUnreported(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "A damaged content could not be put back.")]
    private partial void LogUnhealed(Exception exception);
}
