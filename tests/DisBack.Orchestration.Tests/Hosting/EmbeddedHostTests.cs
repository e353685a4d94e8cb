using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;
using DisBack.Specs.Networks;
using DisBack.Storage.Blobs;
using DisBack.Storage.Local;
using DisBack.Storage.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Hosting;

/// <summary>The grains, the runtime and the storage together in the one-process size, with scripted training.</summary>
public sealed class EmbeddedHostTests
{
    [Fact]
    public async Task A_run_records_walks_back_and_leaves_its_student()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());

        var trial = await site.SubmitAsync("happy-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var document = await trial.GetAsync();

        Assert.Equal(5, document.Nodes);
        Assert.Equal(40, document.Run.Head!.Step);
        Assert.Equal([40L, 30L, 20L], document.Run.Checkpoints.Select(checkpoint => checkpoint.Step));
        Assert.Equal(2, document.Run.Head.TargetIndex);
        Assert.Equal([(20L, 3, 2)], document.Run.Switches.Select(made => (made.Step, made.From, made.To)));
        Assert.Equal(["note.txt", "student.safetensors"], document.Run.Artifacts.Keys);
        Assert.Equal(10, document.Run.Best[MetricNames.Fid].Value);
        Assert.Equal(1, document.Run.Attempt);
        var trajectory = await site.Host.Grains.GetGrain<ITrajectoryGrain>(document.Trajectory).GetAsync();
        Assert.True(trajectory.Sealed);
        Assert.Equal([0L, 10L, 20L, 30L, 40L], trajectory.Nodes.Select(node => node.Step));
        foreach (var node in trajectory.Nodes)
        {
            await site.Contents.VerifyAsync(node.Content, TestContext.Current.CancellationToken);
        }

        var blobs = site.Host.Services.GetRequiredService<IBlobStore>();
        var history = await new MetricReader(blobs).ReadAsync(document.Id, TestContext.Current.CancellationToken);
        Assert.Equal([10L, 20L, 30L, 40L], history.Curve("loss/fake").Select(point => point.Step).Distinct());
        Assert.Equal([(20L, "switch", "Target 3 -> 2.")], history.Events.Select(happened => (happened.Event.Step, happened.Event.Kind, happened.Event.Text)));
        var stored = await site.StoredAsync<TrialDocument>(DocumentNames.Trial, document.Id);
        Assert.Equal(document.Run.Sequence, stored.Run.Sequence);
        Assert.Equal(document.Run.Head, stored.Run.Head);
    }

    [Fact]
    public async Task The_sweep_lists_its_trial()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());

        await Site.UntilAsync(await site.SubmitAsync("listed-1"), RunStatus.Completed);
        var sweep = site.Host.Grains.GetGrain<ISweepGrain>("listed-1");
        // Summaries are sent, not awaited: the last one may still be on its way.
        SummaryPage page;
        do
        {
            page = await sweep.ListAsync(0, 10);
        }
        while (page.Trials is not [{ Status: RunStatus.Completed }]);

        Assert.Equal(10, page.Trials[0].BestFid);
        Assert.Null(page.Next);
    }

    [Fact]
    public async Task Two_trials_share_one_trajectory()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Recording, 15);
        await using var site = await Site.OpenAsync(script);

        var first = await site.SubmitAsync("shared-1");
        await hold.Reached;
        var second = await site.SubmitAsync("shared-2");
        hold.Open();
        await Site.UntilAsync(first, RunStatus.Completed);
        await Site.UntilAsync(second, RunStatus.Completed);
        var third = await site.SubmitAsync("shared-3");
        await Site.UntilAsync(third, RunStatus.Completed);

        Assert.Single(script.Made, made => made.Run.Kind == RunKind.Recording);
        Assert.Equal(3, script.Made.Count(made => made.Run.Kind == RunKind.Backtracking));
        Assert.Equal((await first.GetAsync()).Trajectory, (await third.GetAsync()).Trajectory);
        Assert.Equal(await StudentAsync(site, first), await StudentAsync(site, third));
    }

    [Fact]
    public async Task A_pause_leaves_a_checkpoint_and_a_resume_goes_on_from_it()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 13);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("paused-1");
        await hold.Reached;

        var reply = await trial.PauseAsync();
        hold.Open();
        await Site.UntilAsync(trial, RunStatus.Paused);
        var paused = await trial.GetAsync();
        await site.SubmitAsync("paused-1");
        var still = await trial.GetAsync();
        await trial.ResumeAsync();
        await Site.UntilAsync(trial, RunStatus.Completed);
        var done = await trial.GetAsync();

        Assert.True(reply.Applied);
        Assert.Equal(13, paused.Run.Head!.Step);
        Assert.Equal(RunStatus.Paused, still.Run.Status);
        Assert.Equal([0L, 13L], done.Run.Attempts.Select(attempt => attempt.ResumedStep));
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
    }

    [Fact]
    public async Task A_pause_while_stage_1_runs_pauses_stage_1()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Recording, 15);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("early-1");
        await hold.Reached;
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>((await trial.GetAsync()).Trajectory);

        await trial.PauseAsync();
        hold.Open();
        await Site.UntilAsync(trajectory, RunStatus.Paused);
        await trial.ResumeAsync();
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Equal([0L, 15L], (await trajectory.GetAsync()).Run.Attempts.Select(attempt => attempt.ResumedStep));
    }

    [Fact]
    public async Task A_cancelled_run_stays_cancelled()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 13);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("cancelled-1");
        await hold.Reached;

        await Site.CommittedAsync(trial, 10);
        await trial.CancelAsync();
        hold.Open();
        await Site.UntilAsync(trial, RunStatus.Cancelled);
        var resumed = await trial.ResumeAsync();

        Assert.False(resumed.Applied);
        Assert.Equal(RunStatus.Cancelled, (await trial.GetAsync()).Run.Status);
        Assert.Equal(10, (await trial.GetAsync()).Run.Head!.Step);
    }

    [Fact]
    public async Task A_crash_is_followed_by_a_new_attempt_from_the_head()
    {
        var script = new ScriptedTraining();
        script.At(RunKind.Backtracking, 27, _ => throw new InvalidOperationException("The device fell off the bus."));
        script.At(RunKind.Recording, 27, _ => throw new InvalidOperationException("The device fell off the bus."));
        await using var site = await Site.OpenAsync(script);

        var trial = await site.SubmitAsync("crashed-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var document = await trial.GetAsync();

        Assert.Equal([0L, 20L], document.Run.Attempts.Select(attempt => attempt.ResumedStep));
        Assert.Equal(FailureCause.Crash, document.Run.Attempts[0].Cause);
        Assert.Contains("fell off the bus", document.Run.Attempts[0].Message, StringComparison.Ordinal);
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
    }

    [Fact]
    public async Task A_zombie_is_fenced_and_cannot_move_the_head()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 25);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("zombie-1");
        await hold.Reached;
        await Site.CommittedAsync(trial, 20);

        var content = await site.Contents.PutAsync(BinaryData.FromString("a zombie's checkpoint"), TestContext.Current.CancellationToken);
        var commit = await trial.CommitCheckpointAsync(0, new CheckpointRef(content, 1000));
        var early = await trial.CommitCheckpointAsync(2, new CheckpointRef(content, 1000));
        var beat = await trial.HeartbeatAsync(7, new TrainingSnapshot { Step = 1000 });
        var finish = await trial.FinishedAsync(2, new RunOutcome(40));
        var head = (await trial.GetAsync()).Run.Head;
        hold.Open();
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Equal([CommitResult.Fenced, CommitResult.Fenced, CommitResult.Fenced, CommitResult.Fenced], [commit, early, beat, finish]);
        Assert.Equal(20, head!.Step);
    }

    [Fact]
    public async Task A_run_whose_owner_moved_on_stops_without_publishing()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 25);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("usurped-1");
        await hold.Reached;

        await Site.CommittedAsync(trial, 20);
        // As if its host had been lost: the owner ends the attempt, and another one begins while the first one still has its thread.
        await trial.FailedAsync(1, new RunOutcome(25, FailureCause.Lost, "No heartbeat."));
        hold.Open();
        await Site.UntilAsync(trial, RunStatus.Completed);
        var document = await trial.GetAsync();

        Assert.True(document.Run.Attempt >= 2);
        Assert.Equal(20, document.Run.Attempts[^1].ResumedStep);
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
    }

    [Fact]
    public async Task A_thread_that_hangs_is_given_up_and_the_run_goes_on_when_there_is_a_slot()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 15);
        await using var site = await Site.OpenAsync(script, options =>
            (options.Hung, options.Stale, options.DeadMan, options.Supervise) =
                (TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(0.2)));
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("hangs");
        await teacher.TrainAsync("{}");

        var waiting = await Site.UntilAsync(
            teacher,
            update => update.Status == RunStatus.Queued && update.Reason!.Contains("in use", StringComparison.Ordinal));
        hold.Open();
        await Site.UntilAsync(teacher, RunStatus.Completed);
        var run = (await teacher.GetAsync()).Run;

        Assert.Equal(1, waiting.Attempt);
        Assert.Equal((FailureCause.Lost, "No heartbeat for 0.5 s."), (run.Attempts[0].Cause, run.Attempts[0].Message));
        Assert.Equal(RunStatus.Completed, run.Status);
    }

    [Fact]
    public async Task A_damaged_newest_checkpoint_falls_back_to_the_one_before_and_says_so()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        script.At(RunKind.Backtracking, 35, run =>
        {
            var head = site.Trial("damaged-1").GetAsync().Result.Run.Head!;
            var path = site.Contents.LocalPathOf(head.Content)!;
            var bytes = File.ReadAllBytes(path);
            bytes[^1] ^= 1;
            File.WriteAllBytes(path, bytes);
            throw new InvalidOperationException($"Crashed after damaging the checkpoint of step {head.Step}.");
        });
        var committed = script.HoldAt(RunKind.Backtracking, 34);

        var trial = await site.SubmitAsync("damaged-1");
        await committed.Reached;
        await Site.CommittedAsync(trial, 30);
        committed.Open();
        await Site.UntilAsync(trial, RunStatus.Completed);
        var document = await trial.GetAsync();

        var warning = Assert.Single(document.Run.Events, happened => happened.Kind == RunEventKind.Warning && happened.Step == 30);
        Assert.Contains("the one before it is taken", warning.Message, StringComparison.Ordinal);
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
        // Written again by the same steps, the damaged bytes are whole again.
        foreach (var checkpoint in document.Run.Checkpoints)
        {
            await site.Contents.VerifyAsync(checkpoint.Content, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_stopped_host_leaves_a_checkpoint_and_the_next_one_goes_on_from_it()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 17);
        await using var site = await Site.OpenAsync(script);
        await site.SubmitAsync("stopped-1");
        await hold.Reached;

        var runtime = site.Host.Services.GetRequiredService<ITrainingRuntime>();
        var stopping = site.Host.StopAsync(TestContext.Current.CancellationToken);
        while (!runtime.Devices.IsEmpty)
        {
            await Task.Yield();
        }
        hold.Open();
        await stopping;
        await site.StartAsync(script);
        var trial = await site.SubmitAsync("stopped-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var document = await trial.GetAsync();

        Assert.Equal([0L, 17L], document.Run.Attempts.Select(attempt => attempt.ResumedStep));
        Assert.Equal(FailureCause.Stopped, document.Run.Attempts[0].Cause);
        Assert.Equal(0, document.Run.Failures);
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
    }

    [Fact]
    public async Task A_recording_that_rests_says_why_it_is_not_cancelled()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Recording, 15);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("kept-1");
        await hold.Reached;
        var recording = site.Host.Grains.GetGrain<ITrajectoryGrain>((await trial.GetAsync()).Trajectory);
        Assert.Contains("kept-1/0000 would wait for it", (await recording.CancelAsync()).Message);

        await trial.PauseAsync();
        hold.Open();
        await Site.UntilAsync(recording, RunStatus.Paused);

        var reply = await recording.CancelAsync();
        Assert.False(reply.Applied);
        Assert.StartsWith("Nothing was done: stage 1 is paused already, and a recording is never cancelled", reply.Message);
    }

    [Fact]
    public async Task A_host_that_vanished_is_found_lost_at_once_by_the_next_one()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 17);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("vanished-1");
        await hold.Reached;
        await Site.CommittedAsync(trial, 10);

        await site.Host.DisposeAsync();
        hold.Open();
        await site.StartAsync(script);
        trial = await site.SubmitAsync("vanished-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var document = await trial.GetAsync();

        Assert.Equal(FailureCause.Lost, document.Run.Attempts[0].Cause);
        Assert.Equal([0L, 10L], document.Run.Attempts.Select(attempt => attempt.ResumedStep));
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
    }

    [Theory]
    [InlineData(RunKind.Recording)]
    [InlineData(RunKind.Backtracking)]
    public async Task A_run_that_is_killed_again_and_again_goes_on_at_once_when_it_is_asked_for_again(RunKind stage)
    {
        // Without a checkpoint in between the kills count as failures in a row; whoever repeats the command does not wait for them.
        var (script, anHour) = (new ScriptedTraining(), TimeSpan.FromHours(1));
        await using var site = await Site.OpenAsync(script, retry: anHour);
        for (var kill = 0; kill < 3; kill++)
        {
            var hold = new ScriptedTraining.Gate();
            script.At(stage, 5, _ =>
            {
                hold.Pass();
                throw new InvalidOperationException("The thread of a process that is no more.");
            });
            await site.SubmitAsync("killed-1");
            await hold.Reached;
            await site.Host.DisposeAsync();
            hold.Open();
            await site.StartAsync(script, retry: anHour);
        }

        var trial = await site.SubmitAsync("killed-1");
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Equal(4, script.Made.Count(made => made.Run.Kind == stage));
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
    }

    [Fact]
    public async Task A_kill_between_the_stages_goes_on_with_stage_2()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Recording, 15);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("between-1");
        await Site.UntilAsync(trial, RunStatus.Recording);
        await hold.Reached;
        await site.Host.DisposeAsync();
        hold.Open();
        // Somebody else's wish completes stage 1; the document of the trial still waits for it when the process dies.
        await site.StartAsync(script);
        var waiting = await site.StoredAsync<TrialDocument>(DocumentNames.Trial, "between-1/0000");
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>(waiting.Trajectory);
        await trajectory.EnsureAsync(new TrajectoryRequest("other-1/0000", "other", waiting.Spec, waiting.Teacher!));
        await Site.UntilAsync(trajectory, RunStatus.Completed);
        await site.Host.DisposeAsync();
        await site.StartAsync(script);
        var recordings = script.Made.Count(made => made.Run.Kind == RunKind.Recording);

        trial = await site.SubmitAsync("between-1");
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Equal(RunStatus.Recording, waiting.Run.Status);
        Assert.Equal(recordings, script.Made.Count(made => made.Run.Kind == RunKind.Recording));
        Assert.Equal(await UninterruptedAsync(), await StudentAsync(site, trial));
    }

    [Fact]
    public async Task A_second_host_on_the_same_folder_is_refused_and_told_where_the_first_one_answers()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());

        var refused = await Assert.ThrowsAsync<DataFolderInUseException>(() => site.StartAsync(new ScriptedTraining()));

        Assert.StartsWith("127.0.0.1:", refused.Owner!.Gateway, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_divergence_fails_the_run_with_its_own_words()
    {
        var script = new ScriptedTraining();
        script.At(
            RunKind.Backtracking,
            12,
            _ => throw new Distillation.Runs.TrainingFailedException(Distillation.Runs.TrainingFailure.Collapse, "All images are alike at step 12."));
        await using var site = await Site.OpenAsync(script);

        var trial = await site.SubmitAsync("diverged-1");
        var update = await Site.UntilAsync(trial, RunStatus.Failed);

        Assert.Equal("All images are alike at step 12.", update.Reason);
        Assert.Equal(1, update.Attempt);
    }

    [Fact]
    public async Task A_failed_stage_1_fails_its_trials_and_a_resume_tries_both_again()
    {
        var script = new ScriptedTraining();
        script.At(
            RunKind.Recording,
            12,
            _ => throw new Distillation.Runs.TrainingFailedException(Distillation.Runs.TrainingFailure.NonFinite, "The loss became NaN."));
        await using var site = await Site.OpenAsync(script);

        var trial = await site.SubmitAsync("stage1-1");
        var update = await Site.UntilAsync(trial, RunStatus.Failed);
        await trial.ResumeAsync();
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Contains("The loss became NaN.", update.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_teacher_is_trained_or_registered_and_a_taken_name_keeps_its_weights()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var trained = site.Host.Grains.GetGrain<ITeacherGrain>("mine");
        var registered = site.Host.Grains.GetGrain<ITeacherGrain>("digits");
        var weights = await site.Contents.PutAsync(BinaryData.FromString("digits"), TestContext.Current.CancellationToken);

        await trained.TrainAsync("""{"checkpoints":{"every":10,"keep":2}}""");
        await Site.UntilAsync(trained, RunStatus.Completed);
        await registered.RegisterAsync(new TeacherRegistration(weights, "{}", "shipped"));
        var again = await registered.RegisterAsync(new TeacherRegistration(new ContentRef("ff", 2), "{}", "other"));

        Assert.Equal((await trained.GetAsync()).Run.Artifacts["teacher.safetensors"].Content, (await trained.GetAsync()).Weights);
        Assert.Equal(new SongUnetSettings().ToJson(), (await trained.GetAsync()).Network);
        Assert.Equal((weights, "shipped", RunStatus.Completed), (again.Weights, again.Provenance, again.Run.Status));
    }

    [Fact]
    public async Task A_milestone_of_a_kind_that_nobody_knows_is_an_event_with_its_payload()
    {
        var script = new ScriptedTraining
        {
            Milestones = (run, step, _) => run.Kind == RunKind.Backtracking && step == 15
                ? new Distillation.Runs.Milestone("warm-up", step, new System.Text.Json.Nodes.JsonObject { ["accuracy"] = 0.5, ["on"] = "digits" })
                : null,
        };
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("warm-1");
        await Site.UntilAsync(trial, RunStatus.Completed);

        var happened = Assert.Single((await trial.GetAsync()).Run.Events, one => one.Message.StartsWith("Milestone", StringComparison.Ordinal));

        Assert.Equal((RunEventKind.Note, 15L, "Milestone warm-up: accuracy 0.5, on digits."), (happened.Kind, happened.Step, happened.Message));
    }

    [Fact]
    public async Task A_worker_of_version_0_1_0_reports_nodes_and_switches_with_calls_of_its_own()
    {
        var script = new ScriptedTraining();
        var (recording, backtracking) = (script.HoldAt(RunKind.Recording, 15), script.HoldAt(RunKind.Backtracking, 5));
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("old-1");
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>((await trial.GetAsync()).Trajectory);
        var (node, change) = (new NodeRef(2, 14, new ContentRef(new string('a', 64), 1), 0.5), new SwitchRecord(4, 3, 2, null));

        await recording.Reached;
        await Site.UntilAsync(trajectory, update => update.Events.Any(happened => happened.Kind == RunEventKind.Node));
        var recorded = await trajectory.NodeRecordedAsync(1, node);
        var repeated = await trajectory.NodeRecordedAsync(1, node);
        var fenced = await trajectory.NodeRecordedAsync(2, node);
        var nodes = (await trajectory.GetAsync()).Nodes;
        recording.Open();
        await backtracking.Reached;
        var switched = await trial.TargetSwitchedAsync(1, change);
        var switches = (await trial.GetAsync()).Run.Switches;
        backtracking.Open();
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Equal((CommitResult.Accepted, CommitResult.Accepted, CommitResult.Fenced, CommitResult.Accepted), (recorded, repeated, fenced, switched));
        Assert.Equal(node, nodes[^1]);
        Assert.Equal([change], switches);
    }

    [Fact]
    public async Task A_known_milestone_that_cannot_be_read_fails_the_run_instead_of_being_sent_for_ever()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 5);
        await using var site = await Site.OpenAsync(script);
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("mine");
        await teacher.TrainAsync("{}");
        await hold.Reached;

        var answer = await teacher.MilestoneReachedAsync(1, new MilestoneRecord(MilestoneRecord.Switch, 5, "{}"));
        hold.Open();
        var update = await Site.UntilAsync(teacher, RunStatus.Failed);
        // The thread learns of it with its next call, and writes what it has measured after that.
        await script.Ended;
        await site.Host.Services.GetRequiredService<ITrainingRuntime>().DrainAsync(TestContext.Current.CancellationToken);

        Assert.Equal(CommitResult.Fenced, answer);
        Assert.StartsWith("The milestone 'switch' of step 5 cannot be read", update.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_resumes_after_a_sequence_number_without_gap_or_repetition()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var trial = await site.SubmitAsync("watched-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var all = await CollectAsync(trial, 0);

        var rest = await CollectAsync(trial, 4);

        Assert.Equal(all.Where(happened => happened.Sequence > 4).Select(happened => happened.Sequence), rest.Select(happened => happened.Sequence));
        Assert.Equal(Enumerable.Range(1, all.Count).Select(i => (long)i), all.Select(happened => happened.Sequence));
    }

    [Fact]
    public async Task The_second_of_two_runs_waits_for_the_slot_and_says_so()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 5);
        await using var site = await Site.OpenAsync(script);
        var first = site.Host.Grains.GetGrain<ITeacherGrain>("first");
        var second = site.Host.Grains.GetGrain<ITeacherGrain>("second");
        await first.TrainAsync("{}");
        await hold.Reached;

        await second.TrainAsync("{}");
        var waiting = await Site.UntilAsync(second, RunStatus.Queued);
        var pool = await site.Host.Grains.GetGrain<IAcceleratorPoolGrain>(GrainKeys.Pool).GetAsync();
        hold.Open();
        await Site.UntilAsync(second, RunStatus.Completed);

        Assert.Equal("The cpu slot is in use.", waiting.Reason);
        Assert.Equal(("second", "The cpu slot is in use."), (Assert.Single(pool.Queue).Owner, pool.Queue[0].Reason));
    }

    private static async Task<List<RunEvent>> CollectAsync(IRun run, long after)
    {
        var events = new List<RunEvent>();
        await foreach (var update in run.WatchAsync(after, TestContext.Current.CancellationToken))
        {
            events.AddRange(update.Events);
        }
        return events;
    }

    private static async Task<string> StudentAsync(Site site, ITrialGrain trial)
    {
        var content = (await trial.GetAsync()).Run.Artifacts["student.safetensors"].Content;
        return Convert.ToHexString(await File.ReadAllBytesAsync(site.Contents.LocalPathOf(content)!));
    }

    /// <summary>What forty steps make of the scripted weights.</summary>
    private static Task<string> UninterruptedAsync()
    {
        using var weights = TorchSharp.torch.zeros(64, TorchSharp.torch.float64);
        for (var step = 1; step <= 40; step++)
        {
            weights.mul_(1.25).add_(step).remainder_(1009);
        }
        return Task.FromResult(Convert.ToHexString(weights.bytes));
    }
}
