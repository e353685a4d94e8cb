using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Training;

namespace DisBack.Orchestration.Runs;

/// <summary>
/// Ownership of a run as a pure function: (state, command) to (state, effects). Attempt numbers only grow, at most one attempt is current, only the
/// current one changes anything, and what is completed or cancelled stays so.
/// </summary>
/// <param name="retry">When a failed attempt is followed by another one.</param>
/// <param name="checkpoints">Which committed checkpoints are remembered.</param>
internal sealed class RunMachine(RetryOptions retry, CheckpointSettings checkpoints)
{
    /// <summary>Applies one command.</summary>
    public RunTransition Apply(RunRecord state, RunCommand command, DateTimeOffset now) => command switch
    {
        RunCommand.OfAttempt call when state.Current?.Number != call.Number => new(state, CommitResult.Fenced, false, []),
        RunCommand.Submit submit => state.Submitted == default
            ? Changed(Event(
                state with { Submitted = now, Attempt = Math.Max(state.Attempt, submit.LastAttempt), SubmittedIn = submit.Trace },
                now,
                RunEventKind.Status,
                "Submitted."))
            : Same(state),
        RunCommand.Replace => state.Status is RunStatus.Failed or RunStatus.Cancelled
            ? Changed(Event(
                new RunRecord { Submitted = now, Attempt = state.Attempt, Sequence = state.Sequence },
                now,
                RunEventKind.Status,
                "Submitted with another spec."))
            : Same(state),
        RunCommand.Register => state.Submitted == default && Free(state)
            ? Changed(Settle(state with { Submitted = now }, RunStatus.Completed, null, now))
            : Same(state),
        RunCommand.Repair repair => Repair(state, repair, now),
        RunCommand.Annotate => Same(state),
        RunCommand.AwaitTrajectory wait => Wait(state, RunStatus.Recording, wait.Reason, now),
        RunCommand.AwaitSlot wait => Wait(state, RunStatus.Queued, wait.Reason, now),
        RunCommand.GiveUp why => Free(state) ? Changed(Settle(state with { Cause = why.Cause }, RunStatus.Failed, why.Reason, now)) : Same(state),
        RunCommand.Begin begin => Begin(state, begin, now),
        RunCommand.Pause => Pause(state, now),
        RunCommand.Resume => Resume(state, now),
        RunCommand.Cancel => Cancel(state, now),
        RunCommand.Heartbeat beat => Heartbeat(state, beat.Snapshot, now),
        RunCommand.Commit commit => Commit(state, commit.Checkpoint, now),
        RunCommand.Switch made => state.Switches is [.., var last] && last == made.Made ? Same(state) : Changed(Switch(state, made.Made, now)),
        RunCommand.Recover recovered => Recover(state, recovered.Digest),
        // What is intact stays while something else is made again.
        RunCommand.Store store when !state.Lost.IsEmpty && state.Artifacts.ContainsKey(store.Artifact.Name) => Recover(state, store.Artifact.Content.Digest),
        RunCommand.Store store => state.Artifacts.GetValueOrDefault(store.Artifact.Name) == store.Artifact ? Same(state) : Changed(Event(
            state with { Artifacts = state.Artifacts.SetItem(store.Artifact.Name, store.Artifact) }, now, RunEventKind.Artifact, store.Artifact.Name, store
                .Artifact
                .Step)),
        RunCommand.Milestone reached => Remembers(state, reached) ? Same(state) : Changed(Event(state, now, RunEventKind.Note, reached.Message, reached.Step)),
        RunCommand.Note note => Changed(Event(state, now, note.Kind, note.Message, note.Step)),
        RunCommand.Finish finish => Finish(state, finish.Step, now),
        RunCommand.Fail fail => Fail(state, fail, now),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command, "Not a command of a run."),
    };

    /// <summary>The stop that the current attempt must be asked for because the run is to be paused or cancelled; null if none.</summary>
    public static RunEffect.Stop? OwedStop(RunRecord state) => (state.Current, state.Intent) switch
    {
        ({ } current, RunIntent.Pause) => new(current.Number, StopMode.AfterCheckpoint),
        ({ } current, RunIntent.Cancel) => new(current.Number, StopMode.Now),
        _ => null,
    };

    /// <summary>The newest attempts, one after another, that failed of one cause since the last new checkpoint.</summary>
    public static int FailuresInARow(RunRecord state, FailureCause cause) =>
        Math.Min(state.Failures, state.Attempts.Reverse().TakeWhile(attempt => attempt.Cause == cause).Count());

    /// <summary>Since when the run has waited for a slot; null if it does not. Its events are bounded, but nothing else happens to a run that waits.</summary>
    public static DateTimeOffset? WaitingSince(RunRecord state) =>
        state.Status == RunStatus.Queued && state.Events is [.., var last] ? last.At : null;

    /// <summary>Whether nobody owns the run and it is meant to go on: to pause or to cancel it settles it where nobody does.</summary>
    private static bool Free(RunRecord state) => state.Current is null && !state.Status.IsSettled();

    private static RunTransition Wait(RunRecord state, RunStatus status, string reason, DateTimeOffset now)
    {
        if (!Free(state) || (state.Status == status && state.Reason == reason))
        {
            return Same(state);
        }
        var waiting = state with { Status = status, Reason = reason };
        // A new position in the queue is worth showing, but not a durable write.
        return state.Status == status ? Same(waiting) : Changed(Event(waiting, now, RunEventKind.Status, reason));
    }

    private static RunTransition Begin(RunRecord state, RunCommand.Begin begin, DateTimeOffset now)
    {
        if (!Free(state) || state.RetryAt > now)
        {
            return new(state, CommitResult.Fenced, false, []);
        }
        var attempt = new Attempt
        {
            Number = state.Attempt + 1,
            Started = now,
            ResumedStep = state.Head?.Step ?? 0,
            DeviceName = begin.DeviceName,
            Lease = begin.Lease,
            Worker = begin.Worker,
            Slots = begin.Slots,
        };
        state = state with
        {
            Status = RunStatus.Starting,
            Reason = null,
            RetryAt = null,
            Attempt = attempt.Number,
            Attempts = Newest(state.Attempts.Add(attempt), RunRecord.MaxAttempts),
            Switches = state.Switches.RemoveAll(made => made.Step > attempt.ResumedStep),
        };
        var from = attempt.ResumedStep == 0 ? "from the start" : $"from step {attempt.ResumedStep}";
        return Changed(Event(state, now, RunEventKind.AttemptStarted, $"Attempt {attempt.Number} on {attempt.DeviceName}, {from}.", attempt.ResumedStep));
    }

    private static RunTransition Pause(RunRecord state, DateTimeOffset now)
    {
        if (state.Status.IsSettled() || state.Intent != RunIntent.Run)
        {
            return Same(state);
        }
        state = state with { Intent = RunIntent.Pause };
        return state.Current is not null
            ? Changed(Event(state, now, RunEventKind.Status, "Pausing after a checkpoint."), OwedStop(state)!)
            : Changed(Settle(state, RunStatus.Paused, null, now), new RunEffect.Withdraw());
    }

    private static RunTransition Resume(RunRecord state, DateTimeOffset now)
    {
        if (state.Status == RunStatus.Completed || state.Intent == RunIntent.Cancel)
        {
            return Same(state);
        }
        if (state.Intent == RunIntent.Run && state.Status != RunStatus.Failed && state.RetryAt is null)
        {
            return Same(state);
        }
        state = state with { Intent = RunIntent.Run, Failures = 0, RetryAt = null, Reason = null, Cause = null };
        // An attempt that is about to stop for the pause ends as stopped, and the next one follows at once.
        if (state.Current is null)
        {
            state = state with { Status = RunStatus.Pending, Ended = null };
        }
        return Changed(Event(state, now, RunEventKind.Status, "Resumed."));
    }

    private static RunTransition Cancel(RunRecord state, DateTimeOffset now)
    {
        if (state.Status == RunStatus.Completed || state.Intent == RunIntent.Cancel)
        {
            return Same(state);
        }
        state = state with { Intent = RunIntent.Cancel };
        return state.Current is not null
            ? Changed(Event(state, now, RunEventKind.Status, "Cancelling."), OwedStop(state)!)
            : Changed(Settle(state, RunStatus.Cancelled, null, now), new RunEffect.Withdraw());
    }

    private static RunTransition Repair(RunRecord state, RunCommand.Repair repair, DateTimeOffset now)
    {
        if (state.Status != RunStatus.Completed)
        {
            return Same(state);
        }
        state = state with
        {
            Status = RunStatus.Pending,
            Intent = RunIntent.Run,
            Ended = null,
            Lost = repair.Lost,
            Checkpoints = state.Checkpoints.RemoveAll(checkpoint => checkpoint.Step >= repair.Before),
        };
        return Changed(Event(state, now, RunEventKind.Status, repair.Reason));
    }

    private static RunTransition Recover(RunRecord state, string digest) =>
        state.Lost.Contains(digest) ? Changed(state with { Lost = state.Lost.Remove(digest) }) : Same(state);

    private static RunTransition Heartbeat(RunRecord state, TrainingSnapshot snapshot, DateTimeOffset now)
    {
        var best = state.Best;
        // A worker of an older version names no best values, only the latest.
        foreach (var (name, metric) in snapshot.Metrics.Where(metric => MetricNames.LowerIsBetter(metric.Key)).Concat(snapshot.Best))
        {
            if (!best.TryGetValue(name, out var lowest) || metric.Value < lowest.Value)
            {
                best = best.SetItem(name, metric);
            }
        }
        // An attempt that has not restored its run yet does not know how long that is.
        state = state with { Latest = state.Latest.SetItems(snapshot.Metrics), Best = best, Steps = Math.Max(snapshot.Steps, state.Steps) };
        return state.Status == RunStatus.Running
            ? Same(state)
            : Changed(Event(state with { Status = RunStatus.Running }, now, RunEventKind.Status, "Training.", snapshot.Step));
    }

    private RunTransition Commit(RunRecord state, CheckpointRef checkpoint, DateTimeOffset now)
    {
        // Reported again because the answer was lost on its way: it is durable already.
        if (state.Head == checkpoint)
        {
            return Same(state);
        }
        var progress = checkpoint.Step > (state.Head?.Step ?? 0);
        return Changed(Event(
            state with
            {
                // A checkpoint at or before the head comes from an attempt that had to pass over damaged ones: it replaces them.
                Checkpoints = Remembered([checkpoint, .. state.Checkpoints.Where(older => older.Step < checkpoint.Step)]),
                Failures = progress ? 0 : state.Failures,
            },
            now,
            RunEventKind.Checkpoint,
            $"Checkpoint {checkpoint.Content} at step {checkpoint.Step}.",
            checkpoint.Step));
    }

    /// <summary>The newest checkpoints and, where the spec wants it, the earliest of each target.</summary>
    private ImmutableArray<CheckpointRef> Remembered(IReadOnlyList<CheckpointRef> newestFirst) =>
    [
        .. newestFirst.Where((checkpoint, index) => index < checkpoints.Keep
            || (checkpoints.PerNode && (index == newestFirst.Count - 1 || newestFirst[index + 1].TargetIndex != checkpoint.TargetIndex))),
    ];

    private static RunRecord Switch(RunRecord state, SwitchRecord made, DateTimeOffset now) => Event(
        state with { Switches = [.. state.Switches.Where(earlier => earlier.Step < made.Step), made] },
        now,
        RunEventKind.Switch,
        $"Target {made.From} -> {made.To}{(made.Gap is { } gap ? $" at a score gap of {gap:0.###}" : "")}.",
        made.Step);

    /// <summary>Whether this attempt has reported the milestone already, because the answer was lost on its way.</summary>
    private static bool Remembers(RunRecord state, RunCommand.Milestone reached) => state.Events.Any(
        known => known.Attempt == state.Attempt && known.Kind == RunEventKind.Note && known.Step == reached.Step && known.Message == reached.Message);

    private static RunTransition Finish(RunRecord state, long step, DateTimeOffset now)
    {
        var lease = state.Current!.Lease;
        state = EndAttempt(state, null, null, now) with { Failures = 0 };
        state = state.Lost.IsEmpty
            ? Settle(state, RunStatus.Completed, null, now, step)
            : Settle(
                state with { Cause = FailureCause.Invalid, Checkpoints = [] },
                RunStatus.Failed,
                $"What it had lost was not made again ({string.Join(", ", state.Lost)}); restore it from a copy, or delete the run and run it anew.",
                now,
                step);
        return Changed(state, new RunEffect.Release(lease, IsGone: true));
    }

    private RunTransition Fail(RunRecord state, RunCommand.Fail fail, DateTimeOffset now)
    {
        var lease = state.Current!.Lease;
        var stopped = fail.Cause == FailureCause.Stopped;
        state = EndAttempt(state, fail.Cause, fail.Message, now);
        state = Event(state, now, stopped ? RunEventKind.AttemptEnded : RunEventKind.Warning, $"Attempt {fail.Number} ended: {fail.Message}", fail.Step);
        if (!state.Lost.IsEmpty && fail.Cause == FailureCause.Invalid)
        {
            // They led to other bytes than the ones that were lost: the next attempt makes every step itself.
            state = state with { Checkpoints = [] };
        }
        state = (state.Intent, stopped) switch
        {
            (RunIntent.Cancel, _) => Settle(state, RunStatus.Cancelled, null, now, fail.Step),
            (RunIntent.Pause, true) => Settle(state, RunStatus.Paused, null, now, fail.Step),
            (RunIntent.Pause, _) => Settle(state, RunStatus.Paused, fail.Message, now, fail.Step),
            (_, true) => Event(
                state with { Status = RunStatus.Queued, Reason = fail.Message },
                now,
                RunEventKind.Status,
                "Waits for its next attempt.",
                fail.Step),
            _ => Retry(state, fail, now),
        };
        return Changed(state, new RunEffect.Release(lease, IsGone: fail.Cause != FailureCause.Lost));
    }

    private RunRecord Retry(RunRecord state, RunCommand.Fail fail, DateTimeOffset now)
    {
        state = state with { Failures = state.Failures + 1 };
        if (retry.DelayAfter(fail.Cause, FailuresInARow(state, fail.Cause), state.Failures) is not { } delay)
        {
            var times = state.Failures == 1 ? "" : $" ({state.Failures} failures in a row)";
            return Settle(state with { Cause = fail.Cause }, RunStatus.Failed, fail.Message + times, now, fail.Step);
        }
        state = state with { Status = RunStatus.Queued, Reason = $"Tries again after: {fail.Message}", RetryAt = now + delay };
        return Event(state, now, RunEventKind.Status, $"Next attempt in {delay.TotalSeconds:0.#} s.", fail.Step);
    }

    private static RunRecord EndAttempt(RunRecord state, FailureCause? cause, string? message, DateTimeOffset now)
    {
        var ended = state.Current! with { Ended = now, Cause = cause, Message = message };
        return state with { Attempts = state.Attempts.SetItem(state.Attempts.Length - 1, ended), Seconds = state.Seconds + ended.DeviceSeconds(now) };
    }

    private static RunRecord Settle(RunRecord state, RunStatus status, string? reason, DateTimeOffset now, long step = 0) =>
        Event(state with { Status = status, Reason = reason, Ended = now, RetryAt = null }, now, RunEventKind.Status, reason ?? $"{status}.", step);

    private static RunRecord Event(RunRecord state, DateTimeOffset now, RunEventKind kind, string message, long step = 0) => state with
    {
        Sequence = state.Sequence + 1,
        Events = Newest(
            state.Events.Add(new()
            {
                Sequence = state.Sequence + 1, At = now, Kind = kind, Status = state.Status, Attempt = state.Attempt, Step = step, Message = message,
            }),
            RunRecord.MaxEvents),
    };

    private static ImmutableArray<T> Newest<T>(ImmutableArray<T> items, int count) => [.. items.TakeLast(count)];

    private static RunTransition Same(RunRecord state) => new(state, CommitResult.Accepted, false, []);

    private static RunTransition Changed(RunRecord state, params ImmutableArray<RunEffect> effects) => new(state, CommitResult.Accepted, true, effects);
}
