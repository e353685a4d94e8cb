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
/// they call unfinished has an owner that must be awake.
/// </remarks>
[GrainType("run-supervisor"), PlacedOn(SiloRole.Control)]
internal sealed partial class RunSupervisorGrain(
    IBlobStore blobs, IClusterMembershipService membership, IOptions<SupervisionOptions> options, TimeProvider time, ILogger<RunSupervisorGrain> logger)
    : Grain, IRunSupervisorGrain, IDisposable
{
    /// <summary>Owners that are woken at the same time: each reads its document.</summary>
    private const int AtOnce = 64;

    /// <summary>An owner that has not answered by then is asked again.</summary>
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(10);

    private readonly DocumentReader _documents = new(blobs, DocumentNames.Service);
    private readonly CancellationTokenSource _leaving = new();
    private readonly Dictionary<(RunKind Kind, string Owner), string> _settled = [];
    private int _round;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(
            static (self, _) => self.WakeOwnersAsync(), this, new GrainTimerCreationOptions(TimeSpan.Zero, options.Value.Audit)
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

    /// <summary>
    /// Wakes every owner of an unfinished run, and those that do not answer again and again: for moments after a death the grain directory still
    /// sends calls to the dead. A newer round replaces an older one, the next audit's at the latest.
    /// </summary>
    private async Task WakeOwnersAsync()
    {
        IReadOnlyList<IRunOwner>? asleep = null;
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

    private async Task<IReadOnlyList<IRunOwner>> UnfinishedAsync()
    {
        var owners = new List<IRunOwner>();
        foreach (var kind in RunKinds.All)
        {
            await AddAsync(kind.Kind, kind.Document);
        }
        if (owners.Count > 0)
        {
            LogUnfinished(owners.Count);
        }
        return owners;

        async Task AddAsync(RunKind kind, string grain)
        {
            await foreach (var found in _documents.FindAllAsync(grain, grain, _leaving.Token))
            {
                if (_settled.GetValueOrDefault((kind, found.Key)) == found.ETag)
                {
                    continue;
                }
                try
                {
                    if (await _documents.ReadAsync<OwnersDocument>(grain, found.Key, grain, _leaving.Token) is not { Run: { Submitted.Ticks: > 0 } run })
                    {
                        continue;
                    }
                    if (run.Status.IsSettled())
                    {
                        _settled[(kind, found.Key)] = found.ETag;
                    }
                    else
                    {
                        owners.Add(GrainFactory.Owner(kind, found.Key));
                    }
                }
                catch (CorruptDocumentException e)
                {
                    // The others go on; lists name it to people.
                    LogDamaged(e.Message);
                }
            }
        }
    }

    /// <returns>Those that did not answer.</returns>
    private static async Task<IReadOnlyList<IRunOwner>> WakeAsync(IReadOnlyList<IRunOwner> owners)
    {
        var silent = new List<IRunOwner>();
        foreach (var some in owners.Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(OneAsync));
        }
        return silent;

        async Task OneAsync(IRunOwner owner)
        {
            try
            {
                await owner.WakeAsync().WaitAsync(s_answer);
            }
            catch (Exception)
            {
                // Its own silo logs why.
                silent.Add(owner);
            }
        }
    }

    /// <summary>What the documents of all owners have in common.</summary>
    private sealed record OwnersDocument(RunRecord? Run = null);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} runs are unfinished; their owners are woken.")]
    private partial void LogUnfinished(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Damage}")]
    private partial void LogDamaged(string damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The owners of unfinished runs cannot be woken yet.")]
    private partial void LogFailed(Exception exception);
}
