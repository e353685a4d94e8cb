using System.Collections.Immutable;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Drawing;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Training;
using DisBack.Storage.Cache;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace DisBack.Orchestration.Workers;

/// <summary>
/// Reports to the pool what this worker has and runs; at shutdown, reports no devices any more while every run reaches a committed checkpoint, as
/// long as the silo can still serve the commits, and drawings begin again elsewhere.
/// </summary>
internal sealed partial class WorkerService(
    ITrainingRuntime runtime,
    RunReporter reporter,
    WeightCache weights,
    IGrainFactory grains,
    ILocalSiloDetails silo,
    IClusterMembershipService membership,
    ISiloMetadataCache metadata,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<WorkerService> logger,
    DrawingRuntime drawings,
    LoadedModels models,
    TrainingWarmUp? warmUp = null) : BackgroundService
{
    /// <summary>How long owners may take to answer to the outcomes, and the pool to the last report.</summary>
    private static readonly TimeSpan s_answerWait = TimeSpan.FromSeconds(5);

    /// <summary>An evaluation of a network that draws may take longer; nobody waits for it, because nothing of it is kept.</summary>
    private static readonly TimeSpan s_drawingWait = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Reports after the death of a silo: it may have kept the pool's entry of the grain directory, and the next activation of the pool, which comes moments
    /// later, gives out no slot before the workers have reported to it.
    /// </summary>
    private const int HurriedReports = 10;

    /// <summary>The pause between such reports, and between looks for the first control silo.</summary>
    private static readonly TimeSpan s_hurry = TimeSpan.FromSeconds(0.2);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.Value.Drain);
        // At once, and the reports beside it: a pool that does not answer must not shorten the time that the runs have.
        var drained = runtime.DrainAsync(deadline.Token);
        await base.StopAsync(cancellationToken);
        var stopped = StopDrawingsAsync(ReportAsync(cancellationToken), cancellationToken);
        await drained;
        // The checkpoints are committed; that the owners also know the outcomes saves a search at the next start, and a finished run its repetition.
        await Task.WhenAny(reporter.OutcomesKnown, Task.Delay(s_answerWait, time, CancellationToken.None));
        await stopped;
    }

    /// <summary>Stops the drawings once the pool knows that there are no devices here: their grains ask it for another slot at once.</summary>
    private async Task StopDrawingsAsync(Task reported, CancellationToken cancellation)
    {
        await Task.WhenAny(reported, Task.Delay(s_answerWait, time, cancellation));
        using var patience = new CancellationTokenSource(s_drawingWait, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        await drawings.DrainAsync(ended.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var deaths = new DeathNotices(membership, stoppingToken);
        var hurried = 0;
        try
        {
            await WarmUpAsync(stoppingToken);
            while (true)
            {
                var hasControl = await ReportAsync(stoppingToken);
                hurried = Math.Max(0, hurried - 1);
                var pause = (!hasControl || hurried > 0) && s_hurry < options.Value.Report ? s_hurry : options.Value.Report;
                if (await deaths.WaitAsync(pause, time, stoppingToken))
                {
                    hurried = HurriedReports;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Shutting down.
        }
    }

    private async Task WarmUpAsync(CancellationToken stopping)
    {
        if (warmUp is null)
        {
            return;
        }
        try
        {
            var took = await warmUp.Done.WaitAsync(stopping);
            LogWarm(took);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The first run tells its owner what is wrong, and is tried elsewhere.
            LogCold(e);
        }
    }

    /// <returns>Whether there was a control silo to report to.</returns>
    private async Task<bool> ReportAsync(CancellationToken stopping)
    {
        // A worker that starts before the first control silo has nobody to report to, which is no failure.
        if (!membership.CurrentSnapshot.Members.Values
            .Any(member => member.Status == SiloStatus.Active && RoleFilterDirector.Has(metadata, member.SiloAddress, SiloRole.Control)))
        {
            return false;
        }
        try
        {
            var report = new WorkerReport(
                silo.SiloAddress,
                silo.Name,
                runtime.Devices,
                runtime.Occupied,
                [.. weights.Digests, .. models.Digests],
                Damaged: [],
                weights.Capacity is { } capacity ? new CacheUse(weights.Bytes, capacity) : null);
            await grains.Pool().ReportAsync(report).WaitAsync(stopping);
        }
        catch (Exception e)
        {
            // The next report is soon.
            LogUnreported(e);
        }
        await ReportContentsAsync(stopping);
        return true;
    }

    /// <summary>Reports damaged contents, and puts back what others found damaged.</summary>
    private async Task ReportContentsAsync(CancellationToken stopping)
    {
        var report = new ContentReport(silo.SiloAddress, [.. weights.Damaged], [.. weights.Digests]);
        // A worker with a blob store of its own has no cache and nothing to report.
        if (report.Damaged.IsEmpty && report.Cached.IsEmpty)
        {
            return;
        }
        try
        {
            var repairs = await grains.ContentRepair().ReportAsync(report).WaitAsync(stopping);
            weights.DamageIsKnown(report.Damaged);
            // Not awaited: hashing a large file takes longer than the pool waits for the next report.
            if (!repairs.IsEmpty)
            {
                _ = RepairAsync(repairs, stopping);
            }
        }
        catch (Exception e)
        {
            // What is not taken is reported again.
            LogContentsUnreported(e);
        }
    }

    private async Task RepairAsync(ImmutableArray<string> digests, CancellationToken stopping)
    {
        try
        {
            foreach (var digest in digests)
            {
                await weights.HealAsync(digest, stopping);
            }
        }
        catch (Exception e)
        {
            LogUnrepaired(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "This worker is warm: its miniature run took {Time}.")]
    private partial void LogWarm(TimeSpan time);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The miniature run of this worker failed, and so may the runs that come here.")]
    private partial void LogCold(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The pool did not take the report of this worker.")]
    private partial void LogUnreported(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The report of damaged and cached contents was not taken.")]
    private partial void LogContentsUnreported(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "A damaged content could not be put back.")]
    private partial void LogUnrepaired(Exception exception);
}
