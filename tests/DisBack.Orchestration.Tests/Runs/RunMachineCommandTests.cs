using System.Text.Json;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using DisBack.Specs.Training;

namespace DisBack.Orchestration.Tests.Runs;

/// <summary>What each command makes of a run: the whole state after it, the event that tells of it, and what is to be done in the world.</summary>
public sealed class RunMachineCommandTests
{
    private const int Keep = 3;
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_now = s_start.AddSeconds(90);
    private static readonly RunMachine s_machine = new(new RetryOptions(), new CheckpointSettings { Keep = Keep });

    /// <summary>Waits for a slot, after an attempt that came to step 20.</summary>
    private static readonly RunRecord s_waiting = new()
    {
        Status = RunStatus.Queued,
        Reason = "busy",
        Submitted = s_start,
        Attempt = 1,
        Attempts = [new() { Number = 1, Started = s_start, Ended = s_start.AddSeconds(30), Cause = FailureCause.Lost, Message = "gone" }],
        Failures = 1,
        Checkpoints = [Checkpoint(20), Checkpoint(10)],
        Steps = 500,
        Seconds = 30,
        Switches = [new(10, 3, 2, null), new(20, 2, 1, null), new(25, 1, 0, null)],
        Sequence = 7,
        Events = [new() { Sequence = 7, At = s_start, Kind = RunEventKind.Note, Status = RunStatus.Queued, Message = "before" }],
    };

    /// <summary>Its second attempt, which has reported.</summary>
    private static readonly RunRecord s_running = s_waiting with
    {
        Status = RunStatus.Running,
        Reason = null,
        Attempt = 2,
        Attempts = s_waiting.Attempts.Add(new() { Number = 2, Started = s_start.AddSeconds(40), ResumedStep = 20, Lease = "lease" }),
        Switches = [new(10, 3, 2, null), new(20, 2, 1, null)],
    };

    private static readonly RunRecord s_pausing = s_running with { Intent = RunIntent.Pause };
    private static readonly RunRecord s_cancelling = s_running with { Intent = RunIntent.Cancel };
    private static readonly RunRecord s_paused = s_waiting with { Status = RunStatus.Paused, Intent = RunIntent.Pause, Reason = null, Ended = s_start };
    private static readonly RunRecord s_failed = s_waiting with { Status = RunStatus.Failed, Reason = "boom", Cause = FailureCause.Crash, Ended = s_start };
    private static readonly RunRecord s_complete = s_waiting with { Status = RunStatus.Completed, Reason = null, Failures = 0, Ended = s_start };
    private static readonly RunRecord s_cancelled = s_waiting with { Status = RunStatus.Cancelled, Intent = RunIntent.Cancel, Reason = null, Ended = s_start };

    [Fact]
    public void Submit_counts_on_after_the_last_attempt_of_its_name_and_happens_once()
    {
        Becomes(Told(new() { Submitted = s_now, Attempt = 4 }, RunEventKind.Status, "Submitted."), Apply(new(), new RunCommand.Submit(4)));
        Assert.Equal(7, Apply(new() { Attempt = 7 }, new RunCommand.Submit(4)).State.Attempt);
        Stays(s_waiting, new RunCommand.Submit(4));
    }

    [Fact]
    public void Replace_begins_anew_what_failed_or_was_cancelled_and_counts_on()
    {
        foreach (var state in new[] { s_failed, s_cancelled })
        {
            var anew = new RunRecord { Submitted = s_now, Attempt = 1, Sequence = 7 };
            Becomes(Told(anew, RunEventKind.Status, "Submitted with another spec."), Apply(state, new RunCommand.Replace()));
        }
        foreach (var state in new[] { s_waiting, s_running, s_paused, s_complete })
        {
            Stays(state, new RunCommand.Replace());
        }
    }

    [Fact]
    public void Register_completes_only_what_nobody_has_asked_for_or_begun()
    {
        Becomes(
            Told(new() { Submitted = s_now, Status = RunStatus.Completed, Ended = s_now }, RunEventKind.Status, "Completed."),
            Apply(new(), new RunCommand.Register()));
        Stays(s_waiting, new RunCommand.Register());
        Stays(s_running with { Submitted = default }, new RunCommand.Register());
    }

    [Fact]
    public void Repair_takes_a_complete_run_back_to_before_what_is_lost()
    {
        // It was asked to pause and had come to its end by then.
        Becomes(
            Told(
                s_complete with { Status = RunStatus.Pending, Ended = null, Lost = ["aa"], Checkpoints = [Checkpoint(10)] },
                RunEventKind.Status,
                "The student is lost."),
            Apply(s_complete with { Intent = RunIntent.Pause }, new RunCommand.Repair(["aa"], 20, "The student is lost.")));
        Stays(s_failed, new RunCommand.Repair(["aa"], 20, "The student is lost."));
    }

    [Fact]
    public void Annotate_changes_nothing_of_the_run() => Stays(s_running, new RunCommand.Annotate());

    [Fact]
    public void A_free_run_waits_for_its_trajectory_or_a_slot()
    {
        Becomes(
            Told(s_waiting with { Status = RunStatus.Recording, Reason = "stage 1" }, RunEventKind.Status, "stage 1"),
            Apply(s_waiting, new RunCommand.AwaitTrajectory("stage 1")));
        Becomes(
            Told(new() { Status = RunStatus.Queued, Reason = "busy" }, RunEventKind.Status, "busy"), Apply(new(), new RunCommand.AwaitSlot("busy")));
        Stays(s_waiting, new RunCommand.AwaitSlot("busy"));
        foreach (var state in new[] { s_running, s_paused, s_pausing })
        {
            Stays(state, new RunCommand.AwaitSlot("busy"));
        }
    }

    [Fact]
    public void Another_reason_to_wait_is_shown_and_not_written()
    {
        var after = Apply(s_waiting, new RunCommand.AwaitSlot("busier"));

        Same(s_waiting with { Reason = "busier" }, after.State);
        Assert.False(after.Persist);
    }

    [Fact]
    public void Give_up_fails_a_run_that_nobody_owns()
    {
        Becomes(
            Told(s_waiting with { Status = RunStatus.Failed, Reason = "no", Cause = FailureCause.Invalid, Ended = s_now }, RunEventKind.Status, "no"),
            Apply(s_waiting with { RetryAt = s_now }, new RunCommand.GiveUp("no", FailureCause.Invalid)));
        Stays(s_running, new RunCommand.GiveUp("no", FailureCause.Invalid));
        Stays(s_paused, new RunCommand.GiveUp("no", FailureCause.Invalid));
    }

    [Fact]
    public void Begin_gives_a_free_run_to_an_attempt_that_resumes_from_the_head()
    {
        var attempt = new Attempt { Number = 2, Started = s_now, ResumedStep = 20, DeviceName = "here", Lease = "lease", Worker = "worker" };
        Becomes(
            Told(
                s_running with { Status = RunStatus.Starting, Attempts = s_waiting.Attempts.Add(attempt) },
                RunEventKind.AttemptStarted,
                "Attempt 2 on here, from step 20.",
                20),
            Apply(s_waiting with { RetryAt = s_now }, new RunCommand.Begin("lease", "here", "worker")));
        Becomes(
            Told(
                new() { Status = RunStatus.Starting, Attempt = 1, Attempts = [attempt with { Number = 1, ResumedStep = 0 }] },
                RunEventKind.AttemptStarted,
                "Attempt 1 on here, from the start."),
            Apply(new(), new RunCommand.Begin("lease", "here", "worker")));
    }

    [Fact]
    public void Begin_is_fenced_where_the_run_is_not_free_or_has_to_wait()
    {
        foreach (var state in new[] { s_running, s_pausing, s_paused, s_complete, s_waiting with { RetryAt = s_now.AddTicks(1) } })
        {
            var after = Apply(state, new RunCommand.Begin("lease", "here"));
            Assert.Same(state, after.State);
            Assert.Equal((CommitResult.Fenced, false), (after.Result, after.Persist));
        }
    }

    [Fact]
    public void A_call_of_an_attempt_that_is_not_the_current_one_is_fenced_and_not_written()
    {
        var after = Apply(s_running, new RunCommand.Note(1, RunEventKind.Note, 1, "late"));

        Assert.Equal((CommitResult.Fenced, false), (after.Result, after.Persist));
    }

    [Fact]
    public void Pause_asks_the_attempt_for_a_checkpoint_and_settles_a_run_without_one()
    {
        Becomes(
            Told(s_pausing, RunEventKind.Status, "Pausing after a checkpoint."),
            Apply(s_running, new RunCommand.Pause()),
            new RunEffect.Stop(2, StopMode.AfterCheckpoint));
        Becomes(
            Told(s_paused with { Ended = s_now }, RunEventKind.Status, "Paused."),
            Apply(s_waiting with { RetryAt = s_now }, new RunCommand.Pause()),
            new RunEffect.Withdraw());
        foreach (var state in new[] { s_pausing, s_cancelling, s_paused, s_failed, s_complete, s_cancelled })
        {
            Stays(state, new RunCommand.Pause());
        }
    }

    [Fact]
    public void Cancel_asks_the_attempt_to_stop_at_once_and_settles_a_run_without_one()
    {
        foreach (var state in new[] { s_running, s_pausing })
        {
            Becomes(
                Told(s_cancelling, RunEventKind.Status, "Cancelling."), Apply(state, new RunCommand.Cancel()), new RunEffect.Stop(2, StopMode.Now));
        }
        foreach (var state in new[] { s_waiting, s_paused, s_failed with { Cause = null } })
        {
            Becomes(
                Told(s_cancelled with { Ended = s_now }, RunEventKind.Status, "Cancelled."), Apply(state, new RunCommand.Cancel()), new RunEffect.Withdraw());
        }
        foreach (var state in new[] { s_cancelling, s_complete, s_cancelled })
        {
            Stays(state, new RunCommand.Cancel());
        }
    }

    [Fact]
    public void Resume_frees_what_is_paused_failed_or_waits_for_its_next_attempt()
    {
        foreach (var state in new[] { s_paused, s_failed, s_waiting with { RetryAt = s_now } })
        {
            Becomes(
                Told(s_waiting with { Status = RunStatus.Pending, Reason = null, Failures = 0 }, RunEventKind.Status, "Resumed."),
                Apply(state, new RunCommand.Resume()));
        }
        Becomes(Told(s_running with { Failures = 0 }, RunEventKind.Status, "Resumed."), Apply(s_pausing, new RunCommand.Resume()));
        foreach (var state in new[] { s_waiting, s_running, s_cancelling, s_complete, s_complete with { Intent = RunIntent.Pause }, s_cancelled })
        {
            Stays(state, new RunCommand.Resume());
        }
    }

    [Fact]
    public void The_first_heartbeat_of_an_attempt_says_that_it_trains()
    {
        var beat = new RunCommand.Heartbeat(2, new TrainingSnapshot { Step = 21, Steps = 400 });

        Becomes(Told(s_running, RunEventKind.Status, "Training.", 21), Apply(s_running with { Status = RunStatus.Starting }, beat));
        var later = Apply(s_running, beat);
        Same(s_running, later.State);
        Assert.False(later.Persist);
    }

    [Fact]
    public void The_lowest_value_of_a_metric_stays_the_best_and_the_first_of_equal_ones()
    {
        var known = s_running with { Best = s_running.Best.Add("fid", new(5, 10)).Add("fid/100", new(5, 10)) };
        var snapshot = new TrainingSnapshot { Metrics = known.Best.SetItem("fid", new(5, 20)).SetItem("fid/100", new(4, 20)).Add("loss", new(1, 20)) };

        var after = Apply(known, new RunCommand.Heartbeat(2, snapshot)).State;

        Same(known with { Latest = snapshot.Metrics, Best = known.Best.SetItem("fid/100", new(4, 20)) }, after);
    }

    [Fact]
    public void Commit_makes_a_head_and_remembers_a_few_before_it()
    {
        var filled = s_running with { Checkpoints = [Checkpoint(20), Checkpoint(15), Checkpoint(10)] };
        Becomes(
            Told(
                filled with { Checkpoints = [Checkpoint(30), Checkpoint(20), Checkpoint(15)], Failures = 0 },
                RunEventKind.Checkpoint,
                $"Checkpoint {Checkpoint(30).Content} at step 30.",
                30),
            Apply(filled, new RunCommand.Commit(2, Checkpoint(30))));
        Stays(s_running, new RunCommand.Commit(2, Checkpoint(20)));
        // The state before the first step is no progress.
        Assert.Equal(1, Apply(s_running with { Checkpoints = [] }, new RunCommand.Commit(2, Checkpoint(0))).State.Failures);
        Assert.Equal(0, Apply(s_running with { Checkpoints = [] }, new RunCommand.Commit(2, Checkpoint(1))).State.Failures);
    }

    [Fact]
    public void Switch_takes_the_place_of_those_at_or_after_its_step()
    {
        var made = new SwitchRecord(20, 2, 0, 0.5);
        Becomes(
            Told(s_running with { Switches = [s_running.Switches[0], made] }, RunEventKind.Switch, "Target 2 -> 0 at a score gap of 0.5.", 20),
            Apply(s_running, new RunCommand.Switch(2, made)));
        Assert.Equal("Target 2 -> 0.", Apply(s_running, new RunCommand.Switch(2, made with { Gap = null })).State.Events[^1].Message);
    }

    [Fact]
    public void What_was_lost_is_found_again_once_and_an_artifact_that_was_not_stays()
    {
        var sample = new ArtifactRef("samples.png", new ContentRef("aa", 1), 30);
        var repairing = s_running with { Lost = ["aa", "bb"], Artifacts = s_running.Artifacts.Add(sample.Name, sample) };
        var found = repairing with { Lost = ["bb"] };

        Becomes(found, Apply(repairing, new RunCommand.Recover(2, "aa")));
        Becomes(found, Apply(repairing, new RunCommand.Store(2, sample)));
        Stays(repairing, new RunCommand.Recover(2, "cc"));
        Stays(repairing, new RunCommand.Store(2, sample with { Content = new ContentRef("cc", 1) }));
        // One that is new, or of a run that has lost nothing, is stored as ever.
        var other = sample with { Name = "other.png" };
        Becomes(
            Told(repairing with { Artifacts = repairing.Artifacts.Add(other.Name, other) }, RunEventKind.Artifact, "other.png", 30),
            Apply(repairing, new RunCommand.Store(2, other)));
        var whole = repairing with { Lost = [] };
        var next = sample with { Content = new ContentRef("dd", 1), Step = 40 };
        Becomes(
            Told(whole with { Artifacts = whole.Artifacts.SetItem(next.Name, next) }, RunEventKind.Artifact, "samples.png", 40),
            Apply(whole, new RunCommand.Store(2, next)));
        Stays(whole, new RunCommand.Store(2, sample with { }));
    }

    [Fact]
    public void A_milestone_is_another_one_where_attempt_kind_step_or_words_differ()
    {
        var told = Told(s_running, RunEventKind.Note, "Milestone warm-up.", 5);
        var reached = new RunCommand.Milestone(2, 5, "Milestone warm-up.");

        Becomes(told, Apply(s_running, reached));
        Stays(told, reached);
        var last = told.Events[^1];
        foreach (var known in new[] { last with { Attempt = 1 }, last with { Kind = RunEventKind.Warning }, last with { Step = 4 } })
        {
            Assert.True(Apply(s_running with { Events = [known] }, reached).Persist);
        }
        Assert.True(Apply(told, reached with { Message = "Milestone end." }).Persist);
    }

    [Fact]
    public void A_note_is_an_event_of_its_kind() => Becomes(
        Told(s_running, RunEventKind.Warning, "damaged", 22), Apply(s_running, new RunCommand.Note(2, RunEventKind.Warning, 22, "damaged")));

    [Fact]
    public void Finish_ends_the_attempt_and_completes_the_run()
    {
        var attempts = s_running.Attempts.SetItem(1, s_running.Current! with { Ended = s_now });
        var ended = s_running with { Attempts = attempts, Seconds = 80, Failures = 0, Ended = s_now };

        Becomes(
            Told(ended with { Status = RunStatus.Completed }, RunEventKind.Status, "Completed.", 500),
            Apply(s_running, new RunCommand.Finish(2, 500)),
            new RunEffect.Release("lease", IsGone: true));
        // What is still lost came out as other bytes.
        const string Why = "What it had lost was not made again (aa, bb); restore it from a copy, or delete the run and run it anew.";
        Becomes(
            Told(
                ended with { Status = RunStatus.Failed, Lost = ["aa", "bb"], Cause = FailureCause.Invalid, Checkpoints = [], Reason = Why },
                RunEventKind.Status,
                Why,
                500),
            Apply(s_running with { Lost = ["aa", "bb"] }, new RunCommand.Finish(2, 500)),
            new RunEffect.Release("lease", IsGone: true));
    }

    [Fact]
    public void A_crash_ends_the_attempt_and_is_followed_by_another_one_later() => Becomes(
        Told(
            Told(Ended(FailureCause.Crash), RunEventKind.Warning, "Attempt 2 ended: boom", 30) with
            {
                Status = RunStatus.Queued, Failures = 2, Reason = "Tries again after: boom", RetryAt = s_now.AddSeconds(2),
            },
            RunEventKind.Status,
            "Next attempt in 2 s.",
            30),
        Fail(s_running, FailureCause.Crash),
        new RunEffect.Release("lease", IsGone: true));

    [Fact]
    public void Of_a_lost_worker_nobody_knows_whether_its_thread_has_gone() =>
        Assert.Equal([new RunEffect.Release("lease", IsGone: false)], Fail(s_running, FailureCause.Lost).Effects);

    [Fact]
    public void A_failure_that_would_only_repeat_settles_the_run()
    {
        foreach (var (failures, reason) in new[] { (0, "boom"), (1, "boom (2 failures in a row)") })
        {
            Becomes(
                Told(
                    Told(Ended(FailureCause.Diverged), RunEventKind.Warning, "Attempt 2 ended: boom", 30) with
                    {
                        Status = RunStatus.Failed, Failures = failures + 1, Reason = reason, Cause = FailureCause.Diverged, Ended = s_now,
                    },
                    RunEventKind.Status,
                    reason,
                    30),
                Fail(s_running with { Failures = failures }, FailureCause.Diverged),
                new RunEffect.Release("lease", IsGone: true));
        }
    }

    [Fact]
    public void A_stop_is_no_failure_and_what_was_asked_for_decides()
    {
        var stopped = Told(Ended(FailureCause.Stopped), RunEventKind.AttemptEnded, "Attempt 2 ended: boom", 30);
        var release = new RunEffect.Release("lease", IsGone: true);

        Becomes(
            Told(stopped with { Status = RunStatus.Queued, Reason = "boom" }, RunEventKind.Status, "Waits for its next attempt.", 30),
            Fail(s_running, FailureCause.Stopped),
            release);
        Becomes(
            Told(stopped with { Status = RunStatus.Paused, Intent = RunIntent.Pause, Ended = s_now }, RunEventKind.Status, "Paused.", 30),
            Fail(s_pausing, FailureCause.Stopped),
            release);
        Becomes(
            Told(stopped with { Status = RunStatus.Cancelled, Intent = RunIntent.Cancel, Ended = s_now }, RunEventKind.Status, "Cancelled.", 30),
            Fail(s_cancelling, FailureCause.Stopped),
            release);
    }

    [Fact]
    public void A_failure_of_a_run_that_is_to_pause_or_end_is_not_tried_again()
    {
        var crashed = Told(Ended(FailureCause.Crash), RunEventKind.Warning, "Attempt 2 ended: boom", 30);
        var release = new RunEffect.Release("lease", IsGone: true);

        Becomes(
            Told(crashed with { Status = RunStatus.Paused, Intent = RunIntent.Pause, Reason = "boom", Ended = s_now }, RunEventKind.Status, "boom", 30),
            Fail(s_pausing, FailureCause.Crash),
            release);
        Becomes(
            Told(crashed with { Status = RunStatus.Cancelled, Intent = RunIntent.Cancel, Ended = s_now }, RunEventKind.Status, "Cancelled.", 30),
            Fail(s_cancelling, FailureCause.Crash),
            release);
    }

    [Fact]
    public void A_repair_whose_checkpoints_lead_to_other_bytes_makes_every_step_itself()
    {
        var repairing = s_running with { Lost = ["aa"] };

        Assert.Empty(Fail(repairing, FailureCause.Invalid).State.Checkpoints);
        Assert.Equal(repairing.Checkpoints, Fail(repairing, FailureCause.Crash).State.Checkpoints);
        Assert.Equal(repairing.Checkpoints, Fail(s_running, FailureCause.Invalid).State.Checkpoints);
    }

    [Fact]
    public void Only_the_newest_attempts_and_events_are_kept()
    {
        var state = s_waiting with { Attempts = [], Events = [] };
        for (var attempt = 0; attempt <= RunRecord.MaxAttempts; attempt++)
        {
            state = Apply(state, new RunCommand.Begin("lease", "here")).State;
            Assert.Equal(Math.Min(attempt + 1, RunRecord.MaxAttempts), state.Attempts.Length);
            state = Apply(state, new RunCommand.Fail(state.Attempt, 1, FailureCause.Stopped, "moved")).State;
        }
        for (var note = 0; note <= RunRecord.MaxEvents; note++)
        {
            state = Apply(state with { Attempts = s_running.Attempts }, new RunCommand.Note(2, RunEventKind.Note, note, "note")).State;
        }

        Assert.Equal([.. Enumerable.Range(1, RunRecord.MaxEvents)], state.Events.Select(happened => happened.Step));
    }

    private static RunTransition Apply(RunRecord state, RunCommand command) => s_machine.Apply(state, command, s_now);

    private static RunTransition Fail(RunRecord state, FailureCause cause) => Apply(state, new RunCommand.Fail(2, 30, cause, "boom"));

    /// <summary>The second attempt has ended, and nothing else.</summary>
    private static RunRecord Ended(FailureCause cause) => s_running with
    {
        Attempts = s_running.Attempts.SetItem(1, s_running.Current! with { Ended = s_now, Cause = cause, Message = "boom" }), Seconds = 80,
    };

    private static RunRecord Told(RunRecord state, RunEventKind kind, string message, long step = 0) => state with
    {
        Sequence = state.Sequence + 1,
        Events = state.Events.Add(new()
        {
            Sequence = state.Sequence + 1, At = s_now, Kind = kind, Status = state.Status, Attempt = state.Attempt, Step = step, Message = message,
        }),
    };

    private static CheckpointRef Checkpoint(long step) => new(new ContentRef($"{step:x64}", 1), step);

    private static void Becomes(RunRecord expected, RunTransition after, params RunEffect[] effects)
    {
        Same(expected, after.State);
        Assert.Equal((CommitResult.Accepted, true), (after.Result, after.Persist));
        Assert.Equal(effects, after.Effects);
    }

    private static void Stays(RunRecord state, RunCommand command)
    {
        var after = Apply(state, command);
        Assert.Same(state, after.State);
        Assert.Equal((CommitResult.Accepted, false), (after.Result, after.Persist));
        Assert.Empty(after.Effects);
    }

    private static void Same(RunRecord expected, RunRecord actual) => Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
}
