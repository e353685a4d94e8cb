using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Groups;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Groups;

/// <summary>Runs of two workers with the grains, the pool and the runtime of one process, whose device has two slots.</summary>
public sealed class GroupTrainingTests
{
    private static readonly string s_spec = Site.Spec.Replace("\"threads\":1", "\"threads\":1,\"workers\":2", StringComparison.Ordinal);

    [Fact]
    public async Task Two_workers_leave_what_one_leaves_and_give_both_slots_back()
    {
        var script = new ScriptedTraining { Steps = 20 };
        await using var site = await OpenAsync(script);

        var together = await site.SubmitAsync("together", s_spec);
        await Site.UntilAsync(together, RunStatus.Completed);
        var alone = await site.SubmitAsync("alone");
        await Site.UntilAsync(alone, RunStatus.Completed);

        Assert.Equal([0, 1], script.Made.Where(made => made.Run.Owner == together.GetPrimaryKeyString()).Select(made => made.Rank).Order());
        Assert.All(script.Made.Where(made => made.Run.Owner == together.GetPrimaryKeyString()), made => Assert.Equal(2, made.Group.Length));
        Assert.All(script.Made.Where(made => made.Run.Owner == alone.GetPrimaryKeyString()), made => Assert.Empty(made.Group));
        Assert.Equal(await StudentAsync(alone), await StudentAsync(together));
        Assert.Equal(1, (await together.GetAsync()).Run.Attempt);
        var recording = site.Host.Grains.GetGrain<ITrajectoryGrain>((await together.GetAsync()).Trajectory);
        AssertCounted(2, (await recording.GetAsync()).Run);
        AssertCounted(2, (await together.GetAsync()).Run);
        AssertCounted(1, (await alone.GetAsync()).Run);
        Assert.Empty(site.Host.Services.GetRequiredService<ITrainingRuntime>().Occupied);
        Assert.Empty((await site.Host.Grains.GetGrain<IAcceleratorPoolGrain>(GrainKeys.Pool).GetAsync()).Leases);
    }

    [Fact]
    public async Task A_run_that_needs_more_slots_than_there_are_says_so_and_keeps_nobody_waiting()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining { Steps = 20 }, training => training.IsAlone = false);

        var together = await site.SubmitAsync("together", s_spec);
        var waiting = await WaitingAsync(site, together);
        var alone = await site.SubmitAsync("alone");
        await Site.UntilAsync(alone, RunStatus.Completed);

        Assert.Contains("It waits for a slot: It needs 2 cpu slots at once and all workers together have 1.", await waiting.WhyAsync());
    }

    [Fact]
    public async Task A_process_that_nobody_will_join_trains_it_alone()
    {
        var script = new ScriptedTraining { Steps = 20 };
        await using var site = await Site.OpenAsync(script);

        await Site.UntilAsync(await site.SubmitAsync("together", s_spec), RunStatus.Completed);

        Assert.All(script.Made, made => Assert.Empty(made.Group));
    }

    [Fact]
    public async Task A_run_of_two_workers_waits_for_both_slots_and_is_not_overtaken_for_ever()
    {
        var script = new ScriptedTraining { Steps = 20 };
        var hold = script.HoldAt(RunKind.Recording, 5);
        await using var site = await OpenAsync(script);
        var busy = await site.SubmitAsync("busy");
        await hold.Reached;

        var together = await site.SubmitAsync("together", s_spec);
        var why = await (await WaitingAsync(site, together)).WhyAsync();
        var late = await site.SubmitAsync("late", Site.Spec.Replace("\"seed\":0", "\"seed\":1", StringComparison.Ordinal));
        await WaitingAsync(site, late);
        hold.Open();
        foreach (var trial in (ITrialGrain[])[busy, together, late])
        {
            await Site.UntilAsync(trial, RunStatus.Completed);
        }

        Assert.Contains("It waits for a slot: It needs 2 cpu slots at once and 1 of 2 is free.", why);
        var order = script.Made.Select(made => made.Run).Where(run => run.Kind == RunKind.Recording).Distinct().ToList();
        Assert.Equal(3, order.Count);
        // The last one, which one slot would have been enough for, came after the one that needed two.
        Assert.Equal((await late.GetAsync()).Trajectory, order[^1].Owner);
    }

    [Fact]
    public async Task A_worker_that_fails_is_named_and_the_next_attempt_goes_on_from_the_checkpoint()
    {
        var failed = 0;
        var script = new ScriptedTraining
        {
            Steps = 20,
            AtFollower = (assignment, step) =>
            {
                if (assignment.Run.Kind == RunKind.Backtracking && step == 15 && Interlocked.Exchange(ref failed, 1) == 0)
                {
                    throw new InvalidOperationException("It crashes.");
                }
            },
        };
        await using var site = await OpenAsync(script);

        var together = await site.SubmitAsync("together", s_spec);
        await Site.UntilAsync(together, RunStatus.Completed);
        var run = (await together.GetAsync()).Run;
        var alone = await site.SubmitAsync("alone");
        await Site.UntilAsync(alone, RunStatus.Completed);

        Assert.Equal(2, run.Attempt);
        var first = run.Attempts.First(attempt => attempt.Number == 1);
        Assert.Equal(FailureCause.Crash, first.Cause);
        Assert.Matches("^.* cpu, which trains it as worker 1: InvalidOperationException: It crashes.$", first.Message);
        var again = script.Made.Where(made => made.Run is { Kind: RunKind.Backtracking, Number: 2 });
        Assert.Equal([10L], again.Select(made => made.Checkpoints[0].Step).Distinct());
        Assert.Equal(await StudentAsync(alone), await StudentAsync(together));
    }

    [Fact]
    public async Task A_pause_leaves_a_checkpoint_and_no_worker_behind()
    {
        var script = new ScriptedTraining { Steps = 20 };
        var hold = script.HoldAt(RunKind.Backtracking, 3);
        await using var site = await OpenAsync(script);
        var together = await site.SubmitAsync("together", s_spec);
        await hold.Reached;

        await together.PauseAsync();
        hold.Open();
        await Site.UntilAsync(together, RunStatus.Paused);
        var occupied = site.Host.Services.GetRequiredService<ITrainingRuntime>().Occupied;
        await together.ResumeAsync();
        await Site.UntilAsync(together, RunStatus.Completed);

        Assert.Empty(occupied);
        Assert.Equal(2, (await together.GetAsync()).Run.Attempt);
    }

    [Fact]
    public async Task A_follower_that_has_ended_is_not_started_once_more()
    {
        await using var site = await OpenAsync(new ScriptedTraining());
        var slot = new LeasedSlot(site.Host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress, 0, "here");
        var assignment = new TrainingAssignment
        {
            Run = new RunAttempt(RunKind.Backtracking, "led/0000", 1), Spec = s_spec, Group = [slot, slot], Rank = 1, LeaderVersion = "0.0.0",
        };
        var member = site.Host.Grains.GetGrain<IGroupMemberGrain>(WorkerGroups.KeyOf(assignment.Run, 1));
        var runtime = site.Host.Services.GetRequiredService<ITrainingRuntime>();

        Assert.Equal(StartResult.Started, await member.StartAsync(assignment));
        var ended = await EndOfAsync(member);
        while (!runtime.Occupied.IsEmpty)
        {
            await Task.Yield();
        }
        var (repeated, whileRead) = (await member.StartAsync(assignment with { LeaderVersion = WorkerGroups.Version }), runtime.Occupied);
        var still = await EndOfAsync(member);
        Assert.True(await member.EndAsync());
        var (late, afterwards) = (await member.StartAsync(assignment with { LeaderVersion = WorkerGroups.Version }), runtime.Occupied);

        Assert.Equal((FailureCause.Lost, true), (ended.Cause, ended.Message!.Contains("worker that leads 0.0.0", StringComparison.Ordinal)));
        Assert.Equal(ended, still);
        Assert.Equal((StartResult.Started, StartResult.NoSlot), (repeated, late));
        Assert.Empty(whileRead);
        Assert.Empty(afterwards);
    }

    [Fact]
    public async Task A_leader_that_is_to_stop_at_once_does_not_wait_for_the_others()
    {
        var gate = new ScriptedTraining.Gate();
        var script = new ScriptedTraining
        {
            Steps = 20,
            AtFollower = (assignment, step) =>
            {
                if (assignment.Run.Kind == RunKind.Backtracking && step == 5)
                {
                    gate.Pass();
                }
            },
        };
        await using var site = await OpenAsync(script);
        var together = await site.SubmitAsync("together", s_spec);
        await gate.Reached;

        await together.CancelAsync();
        await Site.UntilAsync(together, RunStatus.Cancelled);
        gate.Open();

        Assert.Equal(FailureCause.Stopped, (await together.GetAsync()).Run.Attempts.Single().Cause);
    }

    [Fact]
    public async Task A_process_that_shuts_down_stops_all_workers_after_a_checkpoint()
    {
        var script = new ScriptedTraining { Steps = 20 };
        var hold = script.HoldAt(RunKind.Recording, 3);
        await using var site = await OpenAsync(script);
        var together = await site.SubmitAsync("together", s_spec);
        await hold.Reached;

        var stopping = site.Host.StopAsync(TestContext.Current.CancellationToken);
        hold.Open();
        await stopping;
        await site.StartAsync(new ScriptedTraining { Steps = 20 }, TwoSlots);
        await Site.UntilAsync(site.Trial("together"), RunStatus.Completed);
        var trajectory = (await site.Trial("together").GetAsync()).Trajectory;
        var run = (await site.Host.Grains.GetGrain<ITrajectoryGrain>(trajectory).GetAsync()).Run;

        Assert.Equal(2, run.Attempt);
        Assert.Equal((FailureCause.Stopped, "The worker is shutting down."), (run.Attempts[0].Cause, run.Attempts[0].Message));
    }

    /// <summary>The time of the one attempt counts for each slot that it has had.</summary>
    private static void AssertCounted(int slots, RunRecord run)
    {
        var attempt = Assert.Single(run.Attempts);
        var lasted = (attempt.Ended!.Value - attempt.Started).TotalSeconds;
        Assert.True(lasted > 0);
        Assert.Equal((slots, slots * lasted), (attempt.Slots, run.Seconds));
    }

    private static void TwoSlots(TrainingOptions options) => options.Devices.Add(new Accelerator(0, "cpu", "cpu", 2));

    private static Task<Site> OpenAsync(ScriptedTraining script) => Site.OpenAsync(script, TwoSlots);

    /// <summary>How a member has ended, once it has.</summary>
    private static async Task<GroupNumbers> EndOfAsync(IGroupMemberGrain member)
    {
        GroupNumbers told;
        do
        {
            told = await member.ReadAsync(new GroupRange(1, IsSum: false, 0, 1));
        }
        while (told.Message is null);
        return told;
    }

    /// <summary>The trajectory of a trial, once it is in the queue of the pool.</summary>
    private static async Task<ITrajectoryGrain> WaitingAsync(Site site, ITrialGrain trial)
    {
        string key;
        do
        {
            key = (await trial.GetAsync()).Trajectory;
        }
        while (key.Length == 0);
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>(key);
        await Site.UntilAsync(trajectory, update => update is { Status: RunStatus.Queued, Reason: not null });
        return trajectory;
    }

    private static async Task<ContentRef> StudentAsync(ITrialGrain trial) => (await trial.GetAsync()).Run.Artifacts["student.safetensors"].Content;
}
