using System.Collections.Immutable;
using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;

namespace DisBack.Orchestration.Grains;

/// <summary>
/// An owner: takes the commands of users and the calls of attempts, applies them to the document, and has the run advanced whenever something may have
/// changed. Each part of the work is a class of <see cref="Ownership"/>.
/// </summary>
internal abstract class RunOwnerGrain<TDocument> : Grain, IRun, IRunOwner, IRemindable, IOwnedRun
    where TDocument : class, new()
{
    /// <summary>The call that woke the grain comes first: it may be a pause.</summary>
    private static readonly TimeSpan s_afterActivation = TimeSpan.FromSeconds(0.5);

    private readonly RunId _id;
    private readonly RunOwnerServices _services;
    private readonly RunDocument<TDocument> _document;
    private readonly RunFeed _feed;
    private readonly RunLiveness _liveness;
    private readonly RunReminder _reminder;
    private readonly RunAdvance _advance;
    private readonly RunCurves _curves;
    private readonly RunRemains _remains;
    private IGrainTimer? _timer;
    private (string Spec, SpecFacts Facts) _facts = ("", SpecFacts.Of(""));

    protected RunOwnerGrain(RunKind kind, IPersistentState<TDocument> document, RunOwnerServices services)
    {
        (_id, _services) = (new RunId(kind, this.GetPrimaryKeyString()), services);
        _document = new RunDocument<TDocument>(document, _id, RunOf, With, services);
        _feed = new RunFeed(services.Time);
        _liveness = new RunLiveness(services.Membership, services.Training.Value, services.Time, services.Logger);
        _reminder = new RunReminder(services.Reminders, this.GetGrainId(), services.Logger);
        _advance = new RunAdvance(this, GrainFactory, _liveness, _reminder, services);
        _curves = new RunCurves(_id, services);
        _remains = new RunRemains(services.Blobs, _id, _curves);
    }

    /// <summary>The state of the run.</summary>
    public RunRecord Run => _document.Run;

    /// <inheritdoc/>
    public RunAttempt NewestAttempt => new(_id.Kind, _id.Owner, Run.Attempt);

    /// <inheritdoc/>
    public SlotRequest SlotRequest
    {
        get
        {
            var failed = Run.Attempts is [.., { Cause: FailureCause.Crash or FailureCause.OutOfMemory or FailureCause.Storage } last] ? last.DeviceName : null;
            var reads = Run.Head is { } head ? Reads.Add(head.Content.Digest) : Reads;
            return new(_id.Kind, _id.Owner, Facts.Hardware.Device, reads, Facts.Share, failed, Run.Attempt + 1, Facts.Slots);
        }
    }

    /// <summary>The document as it is now.</summary>
    protected TDocument Document => _document.Value;

    /// <summary>The latest snapshot, for watchers.</summary>
    protected TrainingSnapshot Progress => _feed.Progress;

    /// <summary>The spec of the run as canonical JSON.</summary>
    protected abstract string Spec { get; }

    /// <summary>Digests that a worker reads, for placement near a cache that holds them.</summary>
    protected virtual ImmutableArray<string> Reads => [];

    /// <summary>What the orchestration needs of the spec, parsed when it is first needed and then only if the spec is another one.</summary>
    private SpecFacts Facts
    {
        get
        {
            if (_facts.Spec != Spec)
            {
                _facts = (Spec, SpecFacts.Of(Spec));
            }
            return _facts.Facts;
        }
    }

    /// <summary>What the run has made and can make again.</summary>
    protected virtual IEnumerable<Product> Products => Run.Artifacts.Values.Select(made => new Product(made.Name, made.Content, made.Step, IsLast: true));

    private bool IsKnown => Run.Submitted != default;

    private bool IsUnfinished => IsKnown && !Run.Status.IsSettled();

    /// <summary>The newest attempt that writes no more metrics.</summary>
    private int LastEnded => Run.Current is null ? Run.Attempt : Run.Attempt - 1;

    /// <summary>What else changes in the document of a complete run that is to make something again.</summary>
    protected virtual TDocument Reopen(TDocument document) => document;

    /// <summary>What a user does before the run can be deleted.</summary>
    protected virtual string HowToSettle => "cancel it";

    private string NameOfRun => _id.Kind == RunKind.Backtracking ? $"run {_id}" : _id.ToString();

    /// <summary>The run in a document.</summary>
    protected abstract RunRecord RunOf(TDocument document);

    /// <summary>A document with another state of its run.</summary>
    protected abstract TDocument With(TDocument document, RunRecord run);

    /// <inheritdoc/>
    public virtual Task<bool> PrepareAsync() => Task.FromResult(true);

    /// <inheritdoc/>
    public abstract TrainingAssignment Assign(RunAttempt attempt, int device);

    /// <summary>What the run waits for that has no attempt: a slot, unless something comes before it.</summary>
    protected virtual Task<ImmutableArray<string>> WaitsForAsync() => GrainFactory.Pool().ExplainAsync(SlotRequest);

    /// <summary>The durable state has changed.</summary>
    protected virtual void OnChanged()
    {
    }

    /// <summary>The attempt has come further.</summary>
    protected virtual void OnProgress()
    {
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _feed.Show(Run, _document.Unwritten);
        if (IsUnfinished)
        {
            CheckAfter(s_afterActivation);
        }
        _ = _curves.CompactAsync(LastEnded);
        return base.OnActivateAsync(cancellationToken);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _feed.Close();
        // In the one-process size this is often the end of the run and of the process; an unfinished one is soon active elsewhere, and asks again there.
        await _curves.EndAsync(IsUnfinished ? new CancellationToken(true) : cancellationToken);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    /// <summary>Also of a run that settled while the reminders' server was away, or whose silo died before its metrics were compacted.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (IsUnfinished)
        {
            await _advance.AdvanceAsync();
            return;
        }
        _ = _curves.CompactAsync(LastEnded, again: true);
        if (_curves.IsCompacted)
        {
            await _reminder.RemoveAsync();
        }
    }

    /// <summary>An answer that it is awake, at once: what it does then may take long, and nobody should wait for it.</summary>
    public Task WakeAsync()
    {
        if (IsUnfinished)
        {
            CheckAfter(TimeSpan.Zero);
        }
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
        await AdvanceAsync();
        return Reply(applied, "Resumed.", "Resumed.");
    }

    public virtual async Task<CommandReply> CancelAsync()
    {
        var applied = await CommandAsync(new RunCommand.Cancel());
        return Reply(applied, "Cancelled.", "Cancelling: the run stops at its next step.");
    }

    public async Task<CommandReply> DeleteAsync()
    {
        if (!IsKnown)
        {
            return new CommandReply(Run.Status, false, "There is no such run.");
        }
        var status = Run.Status;
        if (!status.IsSettled())
        {
            return new CommandReply(status, false, $"Nothing was deleted: {NameOfRun} is {status.ToString().ToLowerInvariant()}; {HowToSettle} first.");
        }
        await _reminder.ForgetAsync(NewestAttempt);
        await _remains.DeleteAsync(Run.Attempt);
        await _document.ClearAsync();
        // Nothing that this activation remembers may reach the next run of this name.
        DeactivateOnIdle();
        return new CommandReply(status, true, $"Deleted {NameOfRun}.");
    }

    public virtual async Task<CommandReply> RepairAsync(ImmutableArray<string> lost)
    {
        var made = Products.Where(product => lost.Contains(product.Content.Digest)).ToList();
        if (Run.Status != RunStatus.Completed || made.Count == 0 || Spec.Length == 0)
        {
            return new CommandReply(Run.Status, false, !IsKnown ? "There is no such run."
                : Run.Status != RunStatus.Completed
                    ? $"Nothing was done: {NameOfRun} is {Run.Status.ToString().ToLowerInvariant()}, and only what is complete is made again."
                : Spec.Length == 0 ? $"{NameOfRun} was not made here; bring the same file again, with 'disback teacher import' for a teacher."
                : $"Nothing was done: {NameOfRun} has made none of it.");
        }
        // What is made at the very end follows from every checkpoint, the last one included.
        var before = made.Min(product => product.IsLast && product.Step >= Run.Steps ? long.MaxValue : product.Step);
        var from = Run.Checkpoints.FirstOrDefault(checkpoint => checkpoint.Step < before);
        var reason = $"Makes again what is missing or damaged, from {(from is null ? "the start" : $"step {from.Step}")}: "
            + $"{string.Join(", ", made.Select(product => product.Name))}.";
        await ApplyAsync(new RunCommand.Repair([.. made.Select(product => product.Content.Digest).Distinct()], before, reason), Reopen);
        await AdvanceAsync();
        return new CommandReply(Run.Status, true, $"{NameOfRun}: {reason}");
    }

    public async Task<CommitResult> HeartbeatAsync(int attempt, TrainingSnapshot snapshot)
    {
        // It counts as a heartbeat even if what it reports cannot be written now.
        if (Run.Current?.Number == attempt)
        {
            _liveness.Renew();
        }
        var result = await ApplyAsync(new RunCommand.Heartbeat(attempt, snapshot));
        if (result == CommitResult.Accepted)
        {
            Show(snapshot);
            OnProgress();
        }
        return result;
    }

    public Task<CommitResult> CommitCheckpointAsync(int attempt, CheckpointRef checkpoint) => ApplyAsync(new RunCommand.Commit(attempt, checkpoint));

    public async Task<CommitResult> MilestoneReachedAsync(int attempt, MilestoneRecord milestone)
    {
        try
        {
            return await RememberAsync(attempt, milestone);
        }
        catch (DisBackException e)
        {
            // An exception would have the worker repeat the call for ever.
            await FailedAsync(attempt, new RunOutcome(milestone.Step, FailureCause.Invalid, e.Message));
            return CommitResult.Fenced;
        }
    }

    public Task<CommitResult> NodeRecordedAsync(int attempt, NodeRef node) => MilestoneReachedAsync(attempt, MilestoneRecord.Of(node));

    public Task<CommitResult> TargetSwitchedAsync(int attempt, SwitchRecord targetSwitch) => MilestoneReachedAsync(attempt, MilestoneRecord.Of(targetSwitch));

    public async Task<CommitResult> ArtifactStoredAsync(int attempt, ArtifactRef artifact)
    {
        if (Run.Artifacts.TryGetValue(artifact.Name, out var known) && known.Content != artifact.Content && Run.Lost.Contains(known.Content.Digest))
        {
            await FailedAsync(attempt, new RunOutcome(artifact.Step, FailureCause.Invalid, OtherBytes(artifact.Name, known.Content, artifact.Content)));
            return CommitResult.Fenced;
        }
        return await ApplyAsync(new RunCommand.Store(attempt, artifact));
    }

    public Task<CommitResult> NotedAsync(int attempt, RunEventKind kind, long step, string message) =>
        ApplyAsync(new RunCommand.Note(attempt, kind, step, message));

    public virtual Task<CommitResult> FinishedAsync(int attempt, RunOutcome outcome) => ApplyAsync(new RunCommand.Finish(attempt, outcome.Step));

    public async Task<CommitResult> FailedAsync(int attempt, RunOutcome outcome)
    {
        var result = await ApplyAsync(
            new RunCommand.Fail(attempt, outcome.Step, outcome.Cause ?? FailureCause.Crash, outcome.Message ?? "It ended without a message."));
        // Not within this call: the trainer that makes it is about to end, and must not wait for the next attempt.
        if (result == CommitResult.Accepted && !Run.Status.IsSettled())
        {
            CheckAfter(TimeSpan.Zero);
        }
        return result;
    }

    public async Task<ImmutableArray<string>> WhyAsync()
    {
        var now = _services.Time.GetUtcNow();
        if (!IsKnown)
        {
            return ["There is no such run."];
        }
        if (_document.Unwritten is { } trouble)
        {
            return [trouble];
        }
        if (Run.Status.IsSettled())
        {
            return SettledRun.Explain(Run);
        }
        if (Run.Current is { } attempt)
        {
            return RunExplanation.OfAttempt(Run, attempt, Progress, _liveness.SinceHeartbeat);
        }
        if (Run.RetryAt > now)
        {
            return RunExplanation.OfRetry(Run, _services.Retry.Value, now);
        }
        return await WaitsForAsync();
    }

    public IAsyncEnumerable<RunUpdate> WatchAsync(long afterSequence, CancellationToken cancellationToken = default) =>
        _feed.WatchAsync(afterSequence, cancellationToken);

    /// <inheritdoc/>
    Task<CommitResult> IOwnedRun.ApplyAsync(RunCommand command) => ApplyAsync(command);

    /// <inheritdoc/>
    public void CheckAfter(TimeSpan due)
    {
        var period = _services.Training.Value.Supervise;
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(
                static (advance, _) => advance.AdvanceAsync(),
                _advance,
                new GrainTimerCreationOptions(due, period) { KeepAlive = true });
        }
        else
        {
            _timer.Change(due, period);
        }
    }

    /// <summary>Applies a command to the run, then does what follows from it.</summary>
    /// <param name="command">What happened.</param>
    /// <param name="also">What else changes in the document with it.</param>
    protected async Task<CommitResult> ApplyAsync(RunCommand command, Func<TDocument, TDocument>? also = null)
    {
        RunTransition transition;
        try
        {
            transition = await _document.ApplyAsync(command, Facts.Checkpoints, also);
        }
        catch
        {
            _feed.Show(Run, _document.Unwritten);
            throw;
        }
        if (transition.Result == CommitResult.Fenced)
        {
            return CommitResult.Fenced;
        }
        if (transition.Persist)
        {
            OnChanged();
        }
        _feed.Show(Run, _document.Unwritten);
        foreach (var effect in transition.Effects)
        {
            await _advance.PerformAsync(effect);
        }
        var compaction = _curves.CompactAsync(LastEnded);
        if (Run.Status.IsSettled())
        {
            Rest();
            _ = ReleaseAfterAsync(compaction);
        }
        return CommitResult.Accepted;
    }

    /// <summary>The submission of a run: its attempts count on from those of a deleted run of the same name.</summary>
    protected async Task<RunCommand.Submit> SubmissionAsync() => new(IsKnown ? 0 : await _remains.LastAttemptAsync(), Activity.Current?.Id);

    /// <inheritdoc cref="RunCurves.DeleteAsync"/>
    protected Task DeleteCurvesAsync() => _curves.DeleteAsync();

    /// <summary>What is said of content that was made again and is not what was lost.</summary>
    protected static string OtherBytes(string name, ContentRef lost, ContentRef made) =>
        $"{name} was made again with other bytes ({made.Digest[..12]} and not {lost.Digest[..12]}), as another kind of machine or another version does; "
            + "restore what was lost from a copy, or delete the run and run it anew.";

    /// <summary>Keeps a milestone: in the run if it is a switch, otherwise as an event.</summary>
    /// <exception cref="DisBackException">It is of a known kind, but cannot be read.</exception>
    protected virtual Task<CommitResult> RememberAsync(int attempt, MilestoneRecord milestone) => ApplyAsync(
        milestone.Kind == MilestoneRecord.Switch
            ? new RunCommand.Switch(attempt, milestone.ToSwitch())
            : new RunCommand.Milestone(attempt, milestone.Step, milestone.Describe()));

    /// <summary>Shows a snapshot to watchers.</summary>
    protected void Show(TrainingSnapshot snapshot) => _feed.Show(snapshot);

    /// <inheritdoc cref="RunAdvance.AdvanceAsync"/>
    protected Task AdvanceAsync() => _advance.AdvanceAsync();

    /// <inheritdoc cref="RunAdvance.AdvanceNowAsync"/>
    protected Task AdvanceNowAsync() => _advance.AdvanceNowAsync();

    private async Task<bool> CommandAsync(RunCommand command)
    {
        var before = Run.Sequence;
        if (IsKnown)
        {
            await ApplyAsync(command);
        }
        return Run.Sequence != before;
    }

    private CommandReply Reply(bool applied, string done, string onTheWay) => new(
        Run.Status,
        applied,
        !IsKnown ? "There is no such run."
        : !applied && !Run.Status.IsSettled() && Run.Intent != RunIntent.Run
            ? $"Nothing to do: the run is {(Run.Intent == RunIntent.Pause ? "pausing" : "being cancelled")} already."
            : !applied ? $"Nothing to do: the run is {Run.Status.ToString().ToLowerInvariant()}."
        : Run.Current is null ? done : onTheWay);

    /// <summary>Content that a run has made.</summary>
    /// <param name="Name">What people call it.</param>
    /// <param name="Content">Its bytes.</param>
    /// <param name="Step">The step at which it was made.</param>
    /// <param name="IsLast">Whether what was made at the last step was made after the last checkpoint.</param>
    protected sealed record Product(string Name, ContentRef Content, long Step, bool IsLast);

    /// <summary>Nothing is to be done for a settled run.</summary>
    private void Rest()
    {
        _timer?.Dispose();
        _timer = null;
        _liveness.Forget();
    }

    /// <summary>The reminder stays until the metrics are compacted, so that it leads back to what a crash interrupts.</summary>
    private async Task ReleaseAfterAsync(Task compaction)
    {
        await compaction;
        if (_curves.IsCompacted && !IsUnfinished)
        {
            await _reminder.ReleaseAsync(NewestAttempt);
        }
    }
}
