using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Supervision;
using DisBack.Storage.Blobs;
using DisBack.Storage.GrainStorage;
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
    IBlobStore blobs, IClusterMembershipService membership, IOptions<SupervisionOptions> options, ILogger<RunSupervisorGrain> logger) : Grain, IRunSupervisorGrain, IDisposable
{
    private readonly DocumentReader _documents = new(blobs, DocumentNames.Service);
    private readonly CancellationTokenSource _leaving = new();
    private IGrainTimer? _audit;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _audit = this.RegisterGrainTimer(
            static (self, cancellation) => self.WakeOwnersAsync(cancellation), this, new GrainTimerCreationOptions(TimeSpan.Zero, options.Value.Audit) { KeepAlive = true });
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
                var dead = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead).Select(member => member.SiloAddress).Where(known.Add).ToList();
                if (dead.Count > 0) _audit?.Change(TimeSpan.Zero, options.Value.Audit);
            }
        }
        catch (OperationCanceledException)
        {
            // Leaving.
        }
    }

    private async Task WakeOwnersAsync(CancellationToken cancellation)
    {
        var woken = await WakeAsync<TrialDocument>(DocumentNames.Trial, RunKind.Backtracking, trial => trial.Run, cancellation)
            + await WakeAsync<TrajectoryDocument>(DocumentNames.Trajectory, RunKind.Recording, trajectory => trajectory.Run, cancellation)
            + await WakeAsync<TeacherDocument>(DocumentNames.Teacher, RunKind.Teacher, teacher => teacher.Run, cancellation);
        if (woken > 0) LogWoken(woken);
    }

    private async Task<int> WakeAsync<T>(string grain, RunKind kind, Func<T, RunRecord> runOf, CancellationToken cancellation)
        where T : class
    {
        var woken = 0;
        await foreach (var document in _documents.ListAsync<T>(grain, grain, cancellation: cancellation))
        {
            if (runOf(document.State) is not { Submitted.Ticks: > 0 } run || run.Status.IsSettled()) continue;
            GrainFactory.Owner(kind, document.Key).WakeAsync().Ignore();
            woken++;
        }
        return woken;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} unfinished runs: their owners are awake.")]
    private partial void LogWoken(int count);
}
