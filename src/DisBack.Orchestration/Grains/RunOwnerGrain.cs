using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Placement;

namespace DisBack.Orchestration.Grains;

/// <summary>What every owner of runs needs besides its document.</summary>
internal sealed record RunOwnerServices(
    IOptions<RetryOptions> Retry,
    IOptions<TrainingOptions> Training,
    IClusterMembershipService Membership,
    RunHistory History,
    TimeProvider Time,
    ILogger<RunOwnerServices> Logger);

/// <summary>
/// The grain around <see cref="RunMachine"/>: keeps the document, takes what attempts say, and drives the run level-triggered: whatever wakes it, it
/// looks at where the run stands and takes the next step towards completion. Nothing depends on a message or on the memory of an activation.
/// </summary>
internal abstract class RunOwnerGrain<TDocument>(IPersistentState<TDocument> document, RunOwnerServices services) : Grain, IRun, IRunOwner, IRemindable
    where TDocument : class, new()
{
    private const string Supervise = "supervise";

    /// <summary>The least period that Orleans allows; the timer is what acts in time, the reminder only wakes a run whose silo died.</summary>
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Gives the call that woke the grain the first word: it may be a pause.</summary>
    private static readonly TimeSpan DriveAfterActivation = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The longest silence of a watch. An activation that must go, because a silo died that kept its entry of the directory, first waits for the calls
    /// it is in: a watch that was silent for longer would hold up the next activation, and with it the next attempt.
    /// </summary>
    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(1);

    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IGrainTimer? _driver;
    private bool _reminded;
    private long? _heard;
    private long? _rested;
    private RunRecord _shown = new();
    private string? _unwritten;
    private (string Spec, SpecFacts Facts) _facts = ("", SpecFacts.Of(""));

    /// <summary>The document as it is now.</summary>
    protected TDocument Document => document.State;

    /// <summary>The latest snapshot, for watchers.</summary>
    protected TrainingSnapshot Progress { get; private set; } = new();

    /// <summary>What this owner's runs train.</summary>
    protected abstract RunKind Kind { get; }

    /// <summary>The spec of the run as canonical JSON.</summary>
    protected abstract string Spec { get; }

    /// <summary>What the orchestration needs of the spec, parsed when it is first needed and then only if the spec is another one.</summary>
    private SpecFacts Facts
    {
        get
        {
            if (_facts.Spec != Spec) _facts = (Spec, SpecFacts.Of(Spec));
            return _facts.Facts;
        }
    }

    /// <summary>The run in a document.</summary>
    protected abstract RunRecord RunOf(TDocument document);

    /// <summary>A document with another state of its run.</summary>
    protected abstract TDocument With(TDocument document, RunRecord run);

    /// <summary>Sees to what must be there before an attempt; false while it is not.</summary>
    protected virtual Task<bool> PrepareAsync() => Task.FromResult(true);

    /// <summary>What the next attempt works on.</summary>
    protected abstract TrainingAssignment Assign(RunAttempt attempt, int device);

    /// <summary>Digests that a worker reads, for placement near a cache that holds them.</summary>
    protected virtual ImmutableArray<string> Reads => [];

    /// <summary>What the run waits for that has no attempt: a slot, unless something comes before it.</summary>
    protected virtual Task<ImmutableArray<string>> WaitsForAsync() => GrainFactory.Pool().ExplainAsync(SlotRequest());

    /// <summary>The durable state has changed.</summary>
    protected virtual void OnChanged()
    {
    }

    /// <summary>The attempt has come further.</summary>
    protected virtual void OnProgress()
    {
    }

    /// <summary>The state of the run.</summary>
    protected RunRecord Run => RunOf(Document);

    private bool Known => Run.Submitted != default;

    private SiloAddress? Worker => Run.Current is { Worker.Length: > 0 } attempt ? SiloAddress.FromParsableString(attempt.Worker) : null;

    private RunAttempt CurrentAttempt => new(Kind, this.GetPrimaryKeyString(), Run.Attempt);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _shown = Run;
        if (Known && !Run.Status.IsSettled()) KeepDriving(DriveAfterActivation);
        return base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _changed.TrySetCanceled(CancellationToken.None);
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <summary>Also of a run that settled while the reminders' server was away.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => Known && !Run.Status.IsSettled() ? DriveAsync() : ForgetReminderAsync();

    /// <summary>An answer that it is awake, at once: what it does then may take long, and nobody should wait for it.</summary>
    public Task WakeAsync()
    {
        if (Known && !Run.Status.IsSettled()) KeepDriving(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public virtual async Task<CommandReply> PauseAsync()
    {
        var applied = await CommandAsync(new RunCommand.Pause());
        return Reply(applied, "Paused.", "Pausing: the run stops after its next checkpoint.");
    }

    public virtual async Task<CommandReply> ResumeAsync()
    {
        var applied = await CommandAsync(new RunCommand.Resume());
        await DriveAsync();
        return Reply(applied, "Resumed.", "Resumed.");
    }

    public virtual async Task<CommandReply> CancelAsync()
    {
        var applied = await CommandAsync(new RunCommand.Cancel());
        return Reply(applied, "Cancelled.", "Cancelling: the run stops at its next step.");
    }

    public async Task<CommitResult> HeartbeatAsync(int attempt, TrainingSnapshot snapshot)
    {
        // It lives, whether or not what it says can be written now.
        if (Run.Current?.Number == attempt) _heard = services.Time.GetTimestamp();
        var result = await ApplyAsync(new RunCommand.Heartbeat(attempt, snapshot));
        if (result == CommitResult.Accepted)
        {
            Show(snapshot);
            OnProgress();
        }
        return result;
    }

    public Task<CommitResult> CommitCheckpointAsync(int attempt, CheckpointRef checkpoint) => ApplyAsync(new RunCommand.Commit(attempt, checkpoint));

    public virtual Task<CommitResult> NodeRecordedAsync(int attempt, NodeRef node) => throw new NotSupportedException("Only stage 1 records nodes.");

    public Task<CommitResult> TargetSwitchedAsync(int attempt, SwitchRecord targetSwitch) => ApplyAsync(new RunCommand.Switch(attempt, targetSwitch));

    public Task<CommitResult> ArtifactStoredAsync(int attempt, ArtifactRef artifact) => ApplyAsync(new RunCommand.Store(attempt, artifact));

    public Task<CommitResult> NotedAsync(int attempt, RunEventKind kind, long step, string message) =>
        ApplyAsync(new RunCommand.Note(attempt, kind, step, message));

    public virtual Task<CommitResult> FinishedAsync(int attempt, RunOutcome outcome) => ApplyAsync(new RunCommand.Finish(attempt, outcome.Step));

    public async Task<CommitResult> FailedAsync(int attempt, RunOutcome outcome)
    {
        var result = await ApplyAsync(new RunCommand.Fail(attempt, outcome.Step, outcome.Cause ?? FailureCause.Crash, outcome.Message ?? "It ended without a word."));
        // Not within this call: the trainer that makes it is about to end, and must not wait for the next attempt.
        if (result == CommitResult.Accepted && !Run.Status.IsSettled()) KeepDriving(TimeSpan.Zero);
        return result;
    }

    public async Task<ImmutableArray<string>> WhyAsync()
    {
        var now = services.Time.GetUtcNow();
        if (!Known) return ["There is no such run."];
        if (_unwritten is { } trouble) return [trouble];
        if (Run.Status.IsSettled()) return RunExplanation.OfSettled(Run);
        if (Run.Current is { } attempt) return RunExplanation.OfAttempt(Run, attempt, Progress, _heard is { } heard ? services.Time.GetElapsedTime(heard) : null);
        if (Run.RetryAt > now) return RunExplanation.OfRetry(Run, services.Retry.Value, now);
        return await WaitsForAsync();
    }

    public async IAsyncEnumerable<RunUpdate> WatchAsync(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var seen = afterSequence; ;)
        {
            var changed = _changed.Task;
            var run = _shown;
            var oldest = run.Events.IsEmpty ? run.Sequence + 1 : run.Events[0].Sequence;
            yield return new RunUpdate
            {
                Sequence = run.Sequence,
                Status = run.Status,
                Reason = _unwritten ?? run.Reason,
                Attempt = run.Attempt,
                Progress = Progress,
                Events = [.. run.Events.Where(happened => happened.Sequence > seen)],
                Reset = seen + 1 < oldest,
            };
            seen = run.Sequence;
            if (run.Status.IsSettled() && run.Sequence == _shown.Sequence) yield break;
            await Task.WhenAny(changed, Task.Delay(Pulse, services.Time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Applies a command and, if it matters, makes the outcome durable before anything comes of it.</summary>
    /// <param name="command">What happened.</param>
    /// <param name="also">What else changes in the document with it.</param>
    protected async Task<CommitResult> ApplyAsync(RunCommand command, Func<TDocument, TDocument>? also = null)
    {
        var before = Document;
        var machine = new RunMachine(services.Retry.Value, Facts.Checkpoints.Keep);
        var transition = machine.Apply(Run, command, services.Time.GetUtcNow());
        if (transition.Result == CommitResult.Fenced)
        {
            Telemetry.Fenced.Add(1, new KeyValuePair<string, object?>("call", command.GetType().Name.ToLowerInvariant()));
            return CommitResult.Fenced;
        }
        document.State = With(before, transition.State);
        if (also is not null) document.State = also(document.State);
        if (transition.Persist || also is not null)
        {
            try
            {
                await document.WriteStateAsync();
                _unwritten = null;
            }
            catch (Exception e)
            {
                // What is not durable has not happened.
                document.State = before;
                _unwritten = $"Its state cannot be written, so it comes no further: {(e.InnerException ?? e).Message}";
                Signal();
                throw;
            }
            services.History.Written(Kind, this.GetPrimaryKeyString(), command, Run);
            if (command is RunCommand.Fail failed) Telemetry.Restarts.Add(1, new("kind", Telemetry.NameOf(Kind)), new("cause", Telemetry.NameOf(failed.Cause)));
            OnChanged();
        }
        _shown = Run;
        Signal();
        foreach (var effect in transition.Effects) await PerformAsync(effect);
        if (Run.Status.IsSettled()) await RestAsync();
        return CommitResult.Accepted;
    }

    /// <summary>Shows a snapshot to watchers.</summary>
    protected void Show(TrainingSnapshot snapshot)
    {
        Progress = snapshot;
        Signal();
    }

    /// <summary>Looks where the run stands and takes it as far as it goes now.</summary>
    protected async Task DriveAsync()
    {
        if (!Known) return;
        // An owner that was away itself, frozen or in a call, could not listen either.
        if (_heard is not null && _rested is { } since && services.Time.GetElapsedTime(since) > services.Training.Value.Supervise * 3) _heard = services.Time.GetTimestamp();
        try
        {
            while (!Run.Status.IsSettled() && await StepAsync())
            {
            }
        }
        finally
        {
            _rested = services.Time.GetTimestamp();
        }
    }

    /// <summary>Takes the run one step further; false where there is nothing more to do for now.</summary>
    private async Task<bool> StepAsync()
    {
        KeepDriving(services.Training.Value.Supervise);
        await RemindAsync();
        if (Run.Current is not null)
        {
            // Told again until it has stopped: whoever told it first may have died before.
            if (RunMachine.OwedStop(Run) is { } stop) await PerformAsync(stop);
            return Run.Current is null || !await IsAliveAsync();
        }
        if (Run.RetryAt - services.Time.GetUtcNow() is { } wait && wait > TimeSpan.Zero)
        {
            KeepDriving(wait);
            return false;
        }
        return await PrepareAsync() && await BeginAsync();
    }

    /// <summary>Drives for somebody who asks, and who need not sit out the wait that is put between attempts after failures in a row.</summary>
    protected async Task DriveNowAsync()
    {
        await DriveAsync();
        if (Run.RetryAt is null) return;
        await ApplyAsync(new RunCommand.Resume());
        await DriveAsync();
    }

    /// <summary>Leases a slot and starts the next attempt on it; false while there is no slot.</summary>
    private async Task<bool> BeginAsync()
    {
        var reply = await GrainFactory.Pool().LeaseAsync(SlotRequest());
        if (reply.Lease is not { } lease)
        {
            await ApplyAsync(new RunCommand.AwaitSlot(reply.Position > 1 ? $"{reply.Reason} (place {reply.Position} in the queue)" : reply.Reason!));
            return false;
        }
        // From here on the attempt owns the run, whatever becomes of the call that starts it.
        if (await ApplyAsync(new RunCommand.Begin(lease.Id, lease.Place, lease.Worker.ToParsableString())) == CommitResult.Fenced)
        {
            await GrainFactory.Pool().ReleaseAsync(lease.Id);
            return false;
        }
        var attempt = CurrentAttempt;
        _heard = services.Time.GetTimestamp();
        try
        {
            if (await AskTrainerAsync(trainer => trainer.StartAsync(Assign(attempt, lease.Device))) == StartResult.Started) return true;
            await ApplyAsync(new RunCommand.Fail(attempt.Number, 0, FailureCause.Lost, $"{lease.Place} had no free slot after all."));
        }
        catch (Exception e) when (e is not Orleans.Storage.InconsistentStateException)
        {
            RunOwnerLog.StartFailed(services.Logger, e, attempt);
            await ApplyAsync(new RunCommand.Fail(attempt.Number, 0, FailureCause.Lost, $"The attempt could not be started: {e.Message}"));
        }
        return true;
    }

    /// <summary>Whether the current attempt still works; if not, it has been declared lost.</summary>
    private async Task<bool> IsAliveAsync()
    {
        var stale = _heard is { } heard && services.Time.GetElapsedTime(heard) > services.Training.Value.Stale;
        var dead = Worker is { } worker && services.Membership.CurrentSnapshot.GetSiloStatus(worker) == SiloStatus.Dead;
        if (_heard is not null && !stale && !dead) return true;
        try
        {
            if (!stale && !dead && await IsMemberAsync() && await AskTrainerAsync(trainer => trainer.IsRunningAsync()))
            {
                _heard = services.Time.GetTimestamp();
                return true;
            }
        }
        catch (Exception e)
        {
            // Its host may be on its way out or back: a full stale time for it from now on.
            RunOwnerLog.Unreachable(services.Logger, e, CurrentAttempt);
            _heard = services.Time.GetTimestamp();
            return true;
        }
        var message = dead ? "The cluster has declared its host dead."
            : stale ? $"No heartbeat for {services.Training.Value.Stale.TotalSeconds:0.#} s."
            : "The process that ran it is gone.";
        await ApplyAsync(new RunCommand.Fail(Run.Attempt, Run.Head?.Step ?? 0, FailureCause.Lost, message));
        return false;
    }

    /// <summary>Whether the cluster knows the attempt's host at all; it does not where the host was there before the table of members was emptied, or in an earlier process.</summary>
    private async Task<bool> IsMemberAsync()
    {
        if (Worker is not { } worker || services.Membership.CurrentSnapshot.GetSiloStatus(worker) != SiloStatus.None) return true;
        // It may have joined a moment ago.
        await services.Membership.Refresh();
        return services.Membership.CurrentSnapshot.GetSiloStatus(worker) != SiloStatus.None;
    }

    /// <summary>Calls the current attempt's trainer where it was started: without the hint a call that is misplaced would activate a trainer on any worker.</summary>
    private async Task<T> AskTrainerAsync<T>(Func<ITrainerGrain, Task<T>> call)
    {
        try
        {
            if (Worker is { } worker) RequestContext.Set(IPlacementDirector.PlacementHintKey, worker);
            return await call(GrainFactory.GetGrain<ITrainerGrain>(CurrentAttempt.ToString()));
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    private SlotRequest SlotRequest()
    {
        var failed = Run.Attempts is [.., { Cause: FailureCause.Crash or FailureCause.OutOfMemory or FailureCause.Storage } last] ? last.Place : null;
        return new(Kind, this.GetPrimaryKeyString(), Facts.Hardware.Device, Reads, Facts.Share, failed, Run.Attempt + 1);
    }

    private async Task PerformAsync(RunEffect effect)
    {
        try
        {
            switch (effect)
            {
                case RunEffect.Withdraw:
                    await GrainFactory.Pool().WithdrawAsync(Kind, this.GetPrimaryKeyString());
                    break;
                case RunEffect.Release release:
                    await (release.IsGone ? GrainFactory.Pool().ReleaseAsync(release.Lease) : GrainFactory.Pool().ForfeitAsync(release.Lease));
                    break;
                case RunEffect.Stop stop when !await AskTrainerAsync(trainer => trainer.StopAsync(stop.Mode)):
                    await ApplyAsync(new RunCommand.Fail(stop.Attempt, Run.Head?.Step ?? 0, FailureCause.Lost, "The process that ran it is gone."));
                    break;
            }
        }
        catch (Exception e) when (e is not Orleans.Storage.InconsistentStateException)
        {
            // A place in the queue and a lease run out by themselves, and who was not told to stop is told again.
            RunOwnerLog.EffectFailed(services.Logger, e, effect);
        }
    }

    private async Task<bool> CommandAsync(RunCommand command)
    {
        var before = Run.Sequence;
        if (Known) await ApplyAsync(command);
        return Run.Sequence != before;
    }

    private CommandReply Reply(bool applied, string done, string onTheWay) => new(
        Run.Status,
        applied,
        !Known ? "There is no such run."
        : !applied && !Run.Status.IsSettled() && Run.Intent != RunIntent.Run ? $"Nothing to do: the run is {(Run.Intent == RunIntent.Pause ? "pausing" : "being cancelled")} already."
        : !applied ? $"Nothing to do: the run is {Run.Status.ToString().ToLowerInvariant()}."
        : Run.Current is null ? done : onTheWay);

    private void Signal() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private void KeepDriving(TimeSpan due)
    {
        var period = services.Training.Value.Supervise;
        if (_driver is null) _driver = this.RegisterGrainTimer(static (self, _) => self.DriveAsync(), this, new GrainTimerCreationOptions(due, period) { KeepAlive = true });
        else _driver.Change(due, period);
    }

    private async Task RemindAsync()
    {
        if (_reminded) return;
        try
        {
            await this.RegisterOrUpdateReminder(Supervise, ReminderPeriod, ReminderPeriod);
            _reminded = true;
        }
        catch (Exception e)
        {
            // The next look at the run tries again; while it is awake it needs no reminder.
            RunOwnerLog.ReminderMissing(services.Logger, e, CurrentAttempt);
        }
    }

    private async Task RestAsync()
    {
        _driver?.Dispose();
        _driver = null;
        _heard = null;
        if (!_reminded) return;
        _reminded = false;
        try
        {
            await ForgetReminderAsync();
        }
        catch (Exception e)
        {
            // Its next tick finds the run settled and tries again.
            RunOwnerLog.ReminderLeft(services.Logger, e, CurrentAttempt);
        }
    }

    private async Task ForgetReminderAsync()
    {
        if (await this.GetReminder(Supervise) is { } reminder) await this.UnregisterReminder(reminder);
    }
}

/// <summary>Log messages of owners; apart, because the generator does not work in a generic class.</summary>
internal static partial class RunOwnerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Attempt} could not be started.")]
    public static partial void StartFailed(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Attempt} cannot be reached.")]
    public static partial void Unreachable(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "There is no reminder yet for the run of {Attempt}.")]
    public static partial void ReminderMissing(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Attempt} was the last of its run, but the run's reminder is still there.")]
    public static partial void ReminderLeft(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Effect} failed.")]
    public static partial void EffectFailed(ILogger logger, Exception exception, RunEffect effect);
}
