using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Supervision;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IRunSupervisorGrain"/>
/// <remarks>
/// Reminders alone would do it within a minute, but they are lost with the server that keeps them. The documents are the truth: a run that
/// they call unfinished has an owner that must be awake. Marks tell which documents to read.
/// </remarks>
[GrainType("run-supervisor"), PlacedOn(SiloRole.Control)]
internal sealed partial class RunSupervisorGrain(
    IBlobStore blobs, IClusterMembershipService membership, IOptions<SupervisionOptions> options, TimeProvider time, ILogger<RunSupervisorGrain> logger)
    : Grain, IRunSupervisorGrain, IDisposable
{
    /// <summary>Documents that are read, and owners that are woken, at the same time.</summary>
    private const int AtOnce = 64;

    /// <summary>An owner that has not answered by then is asked again.</summary>
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(10);

    /// <summary>A mark that is younger may be waiting for its document.</summary>
    private static readonly TimeSpan s_markedLongAgo = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_betweenDocumentAudits = TimeSpan.FromDays(1);

    /// <summary>More than the clocks of the silos and of the store may differ by.</summary>
    private static readonly TimeSpan s_clocksDiffer = TimeSpan.FromHours(1);

    private readonly DocumentReader _documents = new(blobs, DocumentNames.Service);
    private readonly CancellationTokenSource _leaving = new();
    private readonly UnfinishedRuns _unfinished = new(blobs);
    private int _round;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(
            static (self, _) => self.AuditAsync(), this, new GrainTimerCreationOptions(TimeSpan.Zero, options.Value.Audit)
            {
                KeepAlive = true,
                Interleave = true,
            });
        _ = FollowMembershipAsync();
        return base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _leaving.Cancel();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task EnsureAsync() => Task.CompletedTask;

    public void Dispose() => _leaving.Dispose();

    /// <summary>A silo that dies takes owners and trainers with it, and entries of the grain directory that others stood under.</summary>
    private async Task FollowMembershipAsync()
    {
        var known = new HashSet<SiloAddress>();
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_leaving.Token))
            {
                var dead = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead).Select(member => member.SiloAddress).Where(known.Add)
                    .ToList();
                if (dead.Count > 0)
                {
                    _ = WakeOwnersAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Leaving.
        }
    }

    private async Task AuditAsync()
    {
        await WakeOwnersAsync();
        try
        {
            await AuditDocumentsAsync();
        }
        catch (Exception e) when (!_leaving.IsCancellationRequested)
        {
            LogFailed(e);
        }
        catch (OperationCanceledException)
        {
            // Leaving.
        }
    }

    /// <summary>
    /// Wakes every owner of an unfinished run, and those that do not answer again and again: for moments after a death the grain directory still
    /// sends calls to the dead. A newer round replaces an older one, the next audit's at the latest.
    /// </summary>
    private async Task WakeOwnersAsync()
    {
        IReadOnlyList<Func<Task>>? asleep = null;
        var (round, started) = (++_round, time.GetTimestamp());
        while (round == _round && !_leaving.IsCancellationRequested && time.GetElapsedTime(started) < options.Value.Audit)
        {
            try
            {
                asleep ??= await UnfinishedAsync();
                asleep = await WakeAsync(asleep);
                if (asleep.Count == 0)
                {
                    return;
                }
            }
            catch (Exception e) when (!_leaving.IsCancellationRequested)
            {
                LogFailed(e);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(options.Value.Ensure, time, _leaving.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>Calls that wake whoever has work left.</summary>
    private async Task<IReadOnlyList<Func<Task>>> UnfinishedAsync()
    {
        var owners = new List<Func<Task>>();
        await foreach (var sweep in _unfinished.ListSweepsAsync(_leaving.Token))
        {
            owners.Add(GrainFactory.GetGrain<ISweepGrain>(sweep).WakeAsync);
        }
        // Those that have settled as well: they are deleted when they have expired.
        await foreach (var drawing in _unfinished.ListDrawingsAsync(_leaving.Token))
        {
            owners.Add(GrainFactory.GetGrain<IDrawingGrain>(drawing).WakeAsync);
        }
        foreach (var some in (await _unfinished.ListAsync(_leaving.Token).ToListAsync(_leaving.Token)).Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(async marked =>
            {
                switch (await IsUnfinishedAsync(marked.Run))
                {
                    case true:
                        owners.Add(GrainFactory.Owner(marked.Run.Kind, marked.Run.Owner).WakeAsync);
                        break;
                    case false when time.GetUtcNow() - marked.Written > s_markedLongAgo:
                        await _unfinished.UnmarkAsync(marked.Run, marked.Mark, _leaving.Token);
                        break;
                }
            }));
        }
        if (owners.Count > 0)
        {
            LogUnfinished(owners.Count);
        }
        return owners;
    }

    /// <summary>
    /// Marks the unfinished runs that have no mark: those of a version that wrote none. Whatever was written before the last such audit has been looked at.
    /// </summary>
    private async Task AuditDocumentsAsync()
    {
        var (began, last) = (time.GetUtcNow(), await _unfinished.LastAuditAsync(_leaving.Token));
        if (began - last?.Began < s_betweenDocumentAudits)
        {
            return;
        }
        var found = false;
        var kinds = RunKinds.All.ToDictionary(kind => kind.Document, kind => kind.Kind);
        var look = await _documents.LookAsync(kinds.Keys, last?.Position, [], _leaving.Token);
        foreach (var (grainType, document) in look.Found)
        {
            var run = new RunId(kinds[grainType], document.Key);
            if ((last is null || !look.IsWhole || document.LastModified > last.Began - s_clocksDiffer) && await IsUnfinishedAsync(run) is not false)
            {
                await _unfinished.MarkAsync(run, _leaving.Token);
                found = true;
            }
        }
        await _unfinished.AuditedAsync(new DocumentAudit(began, look.Position), _leaving.Token);
        if (found)
        {
            await WakeOwnersAsync();
        }
    }

    /// <returns>Null if its document cannot be read: it may be restored.</returns>
    private async Task<bool?> IsUnfinishedAsync(RunId run)
    {
        var grain = RunKinds.Of(run.Kind).Document;
        try
        {
            return await _documents.ReadAsync<OwnersDocument>(grain, run.Owner, grain, _leaving.Token) is { Run: { Submitted.Ticks: > 0 } record }
                && !record.Status.IsSettled();
        }
        catch (CorruptDocumentException e)
        {
            // The others go on; lists name it to people.
            LogDamaged(e.Message);
            return null;
        }
    }

    /// <returns>Those that did not answer.</returns>
    private static async Task<IReadOnlyList<Func<Task>>> WakeAsync(IReadOnlyList<Func<Task>> owners)
    {
        var silent = new List<Func<Task>>();
        foreach (var some in owners.Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(OneAsync));
        }
        return silent;

        async Task OneAsync(Func<Task> wake)
        {
            try
            {
                await wake().WaitAsync(s_answer);
            }
            catch (Exception)
            {
                // Its own silo logs why.
                silent.Add(wake);
            }
        }
    }

    /// <summary>What the documents of all owners have in common.</summary>
    private sealed record OwnersDocument(RunRecord? Run = null);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} runs, sweeps and drawings may be unfinished; their owners are woken.")]
    private partial void LogUnfinished(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Damage}")]
    private partial void LogDamaged(string damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The owners of unfinished runs cannot be woken yet.")]
    private partial void LogFailed(Exception exception);
}
