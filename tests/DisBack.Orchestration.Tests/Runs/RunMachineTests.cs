using System.Collections.Immutable;
using CsCheck;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using DisBack.Specs.Training;

namespace DisBack.Orchestration.Tests.Runs;

/// <summary>Ownership of a run, as properties of arbitrary histories of commands, most of them from attempts that have no say.</summary>
public sealed class RunMachineTests
{
    private const int Keep = 3;
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RunMachine s_machine = new(new RetryOptions(), new CheckpointSettings { Keep = Keep });

    private static readonly Gen<int> s_number = Gen.Int[1, 6];
    private static readonly Gen<long> s_step = Gen.Long[1, 500];

    private static readonly Gen<RunCommand> s_command = Gen.OneOf<RunCommand>(
        Gen.Int[0, 9].Select(i => (RunCommand)(i == 0 ? new RunCommand.Register() : new RunCommand.Submit())),
        Gen.Const<RunCommand>(new RunCommand.AwaitTrajectory("stage 1")),
        Gen.Const<RunCommand>(new RunCommand.AwaitSlot("busy")),
        Gen.Int[0, 9].Select(i => (RunCommand)(i == 0 ? new RunCommand.GiveUp("no", null) : new RunCommand.Begin($"lease {i}", "here"))),
        Gen.Int[0, 9].Select(i => (RunCommand)(i == 0 ? new RunCommand.Cancel() : i < 3 ? new RunCommand.Pause() : new RunCommand.Resume())),
        s_number.Select(n => (RunCommand)new RunCommand.Heartbeat(n, new TrainingSnapshot { Steps = 500 })),
        Gen.Select(s_number, s_step, (n, step) => (RunCommand)new RunCommand.Commit(n, Checkpoint(step))),
        Gen.Select(s_number, s_step, (n, step) => (RunCommand)new RunCommand.Switch(n, new SwitchRecord(step, 2, 1, null))),
        Gen.Select(s_number, s_step, (n, step) => (RunCommand)new RunCommand.Store(n, new ArtifactRef("samples.png", new ContentRef("aa", 1), step))),
        Gen.Select(s_number, s_step, (n, step) => (RunCommand)new RunCommand.Milestone(n, step, "Milestone warm-up.")),
        Gen.Select(
            s_number,
            Gen.Int[0, 9],
            (n, i) => (RunCommand)(i == 0 ? new RunCommand.Finish(n, 500) : new RunCommand.Note(n, RunEventKind.Note, 1, "note"))),
        Gen.Select(s_number, Gen.Enum<FailureCause>(), (n, cause) => (RunCommand)new RunCommand.Fail(n, 1, cause, "failed")));

    [Fact]
    public void Attempts_only_grow_and_at_most_the_newest_is_current() => Check((before, _, after) =>
    {
        Assert.InRange(after.State.Attempt, before.Attempt, before.Attempt + 1);
        Assert.Equal(after.State.Attempts.Select(attempt => attempt.Number).Order(), after.State.Attempts.Select(attempt => attempt.Number));
        Assert.All(after.State.Attempts.SkipLast(1), attempt => Assert.NotNull(attempt.Ended));
        Assert.Equal(after.State.Status is RunStatus.Starting or RunStatus.Running, after.State.Current is not null);
    });

    [Fact]
    public void Only_the_current_attempt_changes_anything() => Check((before, command, after) =>
    {
        if (command is not RunCommand.OfAttempt said || before.Current?.Number == said.Number)
        {
            return;
        }
        Assert.Equal(CommitResult.Fenced, after.Result);
        Assert.Same(before, after.State);
        Assert.Empty(after.Effects);
    });

    [Fact]
    public void The_head_moves_by_commits_alone() => Check((before, command, after) =>
    {
        if (command is RunCommand.Commit commit && after.Result == CommitResult.Accepted)
        {
            Assert.Same(commit.Checkpoint, after.State.Head);
            Assert.True(after.Persist);
        }
        else
        {
            Assert.Equal(before.Checkpoints, after.State.Checkpoints);
        }
        Assert.InRange(after.State.Checkpoints.Length, 0, Keep);
        Assert.Equal(after.State.Checkpoints.Select(older => older.Step).OrderDescending().Distinct(), after.State.Checkpoints.Select(older => older.Step));
    });

    [Fact]
    public void What_is_completed_or_cancelled_stays_so() => Check((before, _, after) =>
    {
        if (before.Status is RunStatus.Completed or RunStatus.Cancelled)
        {
            Assert.Equal(before.Status, after.State.Status);
        }
    });

    /// <summary>What the machine takes for granted.</summary>
    [Fact]
    public void What_is_to_pause_or_end_is_owned_or_settled_and_what_is_complete_has_no_reason() => Check((_, _, after) =>
    {
        Assert.True(after.State.Intent == RunIntent.Run || after.State.Current is not null || after.State.Status.IsSettled());
        Assert.True(after.State.Intent == RunIntent.Cancel || after.State.Status != RunStatus.Cancelled);
        Assert.True(after.State.Reason is null || after.State.Status != RunStatus.Completed);
    });

    [Fact]
    public void A_slot_is_released_exactly_when_its_attempt_ends() => Check((before, _, after) =>
    {
        var ended = before.Current is not null && after.State.Current?.Number != before.Current.Number;
        Assert.Equal(ended ? [before.Current!.Lease] : [], after.Effects.OfType<RunEffect.Release>().Select(release => release.Lease));
    });

    [Fact]
    public void Events_are_numbered_without_gaps() => Check((before, _, after) =>
    {
        Assert.True(after.State.Sequence >= before.Sequence);
        if (!after.State.Events.IsEmpty)
        {
            Assert.Equal(
                Enumerable.Range(0, after.State.Events.Length).Select(i => after.State.Events[0].Sequence + i),
                after.State.Events.Select(happened => happened.Sequence));
        }
        Assert.Equal(after.State.Sequence, after.State.Events.IsEmpty ? 0 : after.State.Events[^1].Sequence);
    });

    [Fact]
    public void What_has_a_number_is_durable() => Check((before, _, after) => Assert.True(after.Persist || after.State.Sequence == before.Sequence));

    [Fact]
    public void A_switch_that_is_told_again_is_one_switch()
    {
        var made = new RunCommand.Switch(1, new SwitchRecord(40, 2, 1, 0.5));
        var first = s_machine.Apply(Running(), made, s_start);
        var again = s_machine.Apply(first.State, made with { Made = made.Made with { } }, s_start);

        Assert.Equal((true, false), (first.Persist, again.Persist));
        Assert.Same(first.State, again.State);
    }

    [Fact]
    public void A_milestone_that_is_reported_again_is_one_event_of_its_attempt()
    {
        var running = Running();
        var reached = s_machine.Apply(running, new RunCommand.Milestone(1, 5, "Milestone warm-up."), s_start);
        var again = s_machine.Apply(reached.State, new RunCommand.Milestone(1, 5, "Milestone warm-up."), s_start);
        var later = s_machine.Apply(reached.State, new RunCommand.Milestone(1, 6, "Milestone warm-up."), s_start);

        Assert.Equal(
            (true, RunEventKind.Note, 5L, "Milestone warm-up."),
            (reached.Persist, reached.State.Events[^1].Kind, reached.State.Events[^1].Step, reached.State.Events[^1].Message));
        Assert.Same(reached.State, again.State);
        Assert.Equal(reached.State.Sequence + 1, later.State.Sequence);
    }

    [Fact]
    public void An_attempt_that_still_starts_does_not_take_back_what_is_known()
    {
        var known = Heartbeat(Running(), new TrainingSnapshot
        {
            Step = 50,
            Steps = 600,
            Metrics = Metrics(("fid", 0.9, 50), ("loss/fake", 0.1, 50)),
            Best = Metrics(("fid", 0.5, 40)),
        });
        var starting = Heartbeat(known, new TrainingSnapshot { Stage = "starting" });

        Assert.Equal(600, starting.Steps);
        Assert.Equal((0.9, 0.5), (starting.Latest["fid"].Value, starting.Best["fid"].Value));
        Assert.DoesNotContain("loss/fake", starting.Best.Keys);

        static RunRecord Heartbeat(RunRecord state, TrainingSnapshot snapshot) => s_machine.Apply(state, new RunCommand.Heartbeat(1, snapshot), s_start).State;

        static ImmutableSortedDictionary<string, MetricValue> Metrics(params (string Name, double Value, long Step)[] values) =>
            values.ToImmutableSortedDictionary(value => value.Name, value => new MetricValue(value.Value, value.Step));
    }

    [Fact]
    public void What_exists_already_is_complete_without_an_attempt_and_only_once()
    {
        var registered = s_machine.Apply(new RunRecord(), new RunCommand.Register(), s_start);
        var again = s_machine.Apply(registered.State, new RunCommand.Register(), s_start.AddDays(1));
        var submitted = s_machine.Apply(new RunRecord(), new RunCommand.Submit(), s_start).State;

        Assert.Equal(
            (RunStatus.Completed, s_start, s_start, 0, true),
            (registered.State.Status, registered.State.Submitted, registered.State.Ended, registered.State.Attempt, registered.Persist));
        Assert.Same(registered.State, again.State);
        Assert.Same(submitted, s_machine.Apply(submitted, new RunCommand.Register(), s_start).State);
    }

    [Fact]
    public void A_divergence_is_final_and_says_why()
    {
        var failed = s_machine.Apply(Running(), new RunCommand.Fail(1, 70, FailureCause.Diverged, "The loss of the generator became NaN at step 70."), s_start)
            .State;

        Assert.Equal(RunStatus.Failed, failed.Status);
        Assert.Equal("The loss of the generator became NaN at step 70.", failed.Reason);
    }

    [Fact]
    public void A_crash_is_retried_later_and_later_until_the_limit_and_progress_resets_the_count()
    {
        var state = Running();
        for (var failure = 1; failure < 5; failure++)
        {
            state = s_machine.Apply(state, new RunCommand.Fail(state.Attempt, 10, FailureCause.Crash, "boom"), s_start).State;
            Assert.Equal(RunStatus.Queued, state.Status);
            Assert.Equal(s_start + TimeSpan.FromSeconds(Math.Pow(2, failure - 1)), state.RetryAt);
            Assert.Equal(CommitResult.Fenced, s_machine.Apply(state, new RunCommand.Begin("early", "here"), s_start).Result);
            state = s_machine.Apply(state, new RunCommand.Begin("lease", "here"), state.RetryAt!.Value).State;
        }
        var given = s_machine.Apply(state, new RunCommand.Fail(state.Attempt, 10, FailureCause.Crash, "boom"), s_start).State;
        var progressed = s_machine.Apply(state, new RunCommand.Commit(state.Attempt, Checkpoint(60)), s_start).State;
        var retried = s_machine.Apply(progressed, new RunCommand.Fail(state.Attempt, 61, FailureCause.Crash, "boom"), s_start).State;

        Assert.Equal(RunStatus.Failed, given.Status);
        Assert.Equal(1, retried.Failures);
    }

    [Fact]
    public void A_cause_is_given_up_for_its_own_failures_and_causes_that_take_turns_come_to_an_end()
    {
        var state = Running();
        Fail(FailureCause.Lost);
        Fail(FailureCause.OutOfMemory);
        Assert.Equal((RunStatus.Queued, 1), (state.Status, RunMachine.FailuresInARow(state, FailureCause.OutOfMemory)));
        Assert.Equal(RunStatus.Failed, s_machine.Apply(Begun(state), new RunCommand.Fail(3, 10, FailureCause.OutOfMemory, "again"), s_start).State.Status);

        while (state.Status == RunStatus.Queued)
        {
            Fail(state.Failures % 2 == 0 ? FailureCause.Lost : FailureCause.Storage);
        }
        Assert.Equal((RunStatus.Failed, new RetryOptions().Lost), (state.Status, state.Failures));

        void Fail(FailureCause cause)
        {
            state = Begun(state);
            state = s_machine.Apply(state, new RunCommand.Fail(state.Attempt, 10, cause, "gone"), s_start).State;
        }

        static RunRecord Begun(RunRecord run) =>
            run.Current is null ? s_machine.Apply(run, new RunCommand.Begin("lease", "here"), run.RetryAt ?? s_start).State : run;
    }

    [Fact]
    public void Whoever_is_to_stop_is_told_so_and_for_as_long_as_it_has_not() => Check((before, command, after) =>
    {
        var owed = RunMachine.OwedStop(after.State);
        Assert.Equal(after.State is { Current: not null, Intent: not RunIntent.Run }, owed is not null);
        if (owed is not null && RunMachine.OwedStop(before) != owed)
        {
            Assert.Contains(owed, after.Effects);
        }
    });

    [Fact]
    public void A_commit_behind_the_head_replaces_what_was_passed_over()
    {
        var state = Running();
        foreach (var step in new long[] { 10, 20, 30 })
        {
            state = s_machine.Apply(state, new RunCommand.Commit(1, Checkpoint(step)), s_start).State;
        }
        state = s_machine.Apply(state, new RunCommand.Commit(1, Checkpoint(20)), s_start).State;

        Assert.Equal([20L, 10L], state.Checkpoints.Select(checkpoint => checkpoint.Step));
    }

    [Fact]
    public void The_earliest_checkpoint_of_each_target_stays_where_the_spec_wants_it()
    {
        var machine = new RunMachine(new RetryOptions(), new CheckpointSettings { Keep = 2, PerNode = true });
        var state = Running();
        foreach (var (step, target) in new (long, int)[] { (10, 3), (20, 3), (30, 2), (40, 2), (50, 2), (60, 0), (70, 0), (80, 0) })
        {
            state = machine.Apply(state, new RunCommand.Commit(1, Checkpoint(step) with { TargetIndex = target }), s_start).State;
        }
        Assert.Equal([(80L, 0), (70, 0), (60, 0), (30, 2), (10, 3)], state.Checkpoints.Select(kept => (kept.Step, kept.TargetIndex)));

        // An attempt that had to go back makes them anew from there.
        state = machine.Apply(state, new RunCommand.Commit(1, Checkpoint(35) with { TargetIndex = 2 }), s_start).State;
        Assert.Equal([(35L, 2), (30, 2), (10, 3)], state.Checkpoints.Select(kept => (kept.Step, kept.TargetIndex)));
    }

    [Fact]
    public void A_checkpoint_without_progress_does_not_clear_the_count_of_failures()
    {
        var state = s_machine.Apply(Running(), new RunCommand.Commit(1, Checkpoint(60)), s_start).State;
        state = s_machine.Apply(state, new RunCommand.Fail(1, 61, FailureCause.Crash, "boom"), s_start).State;
        state = s_machine.Apply(state, new RunCommand.Begin("lease", "here"), state.RetryAt!.Value).State;
        foreach (var step in new long[] { 60, 40 })
        {
            // Other bytes than those of the head: made again at its step, or behind it.
            var again = new CheckpointRef(new ContentRef($"{step + 1:x64}", 1), step);
            var committed = s_machine.Apply(state, new RunCommand.Commit(2, again), s_start);
            Assert.Equal((true, 1), (committed.Persist, committed.State.Failures));
        }
        Assert.Equal(0, s_machine.Apply(state, new RunCommand.Commit(2, Checkpoint(61)), s_start).State.Failures);
    }

    [Fact]
    public void An_attempt_forgets_the_switches_after_the_step_it_resumes_from()
    {
        var state = Running();
        foreach (var (step, from) in new (long, int)[] { (10, 3), (20, 2), (30, 1) })
        {
            state = s_machine.Apply(state, new RunCommand.Switch(1, new SwitchRecord(step, from, from - 1, null)), s_start).State;
        }
        state = s_machine.Apply(state, new RunCommand.Commit(1, Checkpoint(20)), s_start).State;
        state = s_machine.Apply(state, new RunCommand.Fail(1, 35, FailureCause.Crash, "boom"), s_start).State;
        state = s_machine.Apply(state, new RunCommand.Begin("lease", "here"), state.RetryAt!.Value).State;

        Assert.Equal([10L, 20L], state.Switches.Select(made => made.Step));
    }

    private static RunRecord Running() =>
        s_machine.Apply(s_machine.Apply(new RunRecord(), new RunCommand.Submit(), s_start).State, new RunCommand.Begin("lease", "here"), s_start).State;

    private static CheckpointRef Checkpoint(long step) => new(new ContentRef($"{step:x64}", 1), step);

    private static void Check(Action<RunRecord, RunCommand, RunTransition> holds) => s_command.Array[0, 60].Sample(commands =>
    {
        var state = new RunRecord();
        var now = s_start;
        foreach (var command in commands)
        {
            now += TimeSpan.FromSeconds(40);
            var after = s_machine.Apply(state, command, now);
            holds(state, command, after);
            state = after.State;
        }
    });
}
