using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Recording;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>What a complete run has lost it makes again, with the same bytes or not at all.</summary>
public sealed class RunRepairTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_student_is_made_again_from_the_last_checkpoint()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("lost-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var before = (await trial.GetAsync()).Run;
        var student = site.Lose(before.Artifacts["student.safetensors"].Content);

        var reply = await trial.RepairAsync([student.Digest]);
        await Site.UntilAsync(trial, RunStatus.Completed);
        var after = (await trial.GetAsync()).Run;

        Assert.Equal(
            (true, "run lost-1/0000: Makes again what is missing or damaged, from step 40: student.safetensors."), (reply.Applied, reply.Message));
        await site.Contents.VerifyAsync(student, Cancellation);
        Assert.Equal(before.Artifacts, after.Artifacts);
        Assert.Equal([0L, 40L], after.Attempts.Select(attempt => attempt.ResumedStep));
        Assert.Empty(after.Lost);
        Assert.Equal(before.Switches, after.Switches);
    }

    [Fact]
    public async Task What_belongs_to_others_or_to_a_run_that_goes_on_is_not_made_again()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("whole-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("imported");
        var weights = await site.Contents.PutAsync(BinaryData.FromString("weights"), Cancellation);
        await teacher.RegisterAsync(new TeacherRegistration(weights, "{}", "imported"));

        Assert.False((await trial.RepairAsync([weights.Digest])).Applied);
        Assert.Contains("teacher import", (await teacher.RepairAsync([weights.Digest])).Message, StringComparison.Ordinal);
        Assert.Equal("There is no such run.", (await site.Trial("nothing-1").RepairAsync([weights.Digest])).Message);
        Assert.Equal(RunStatus.Completed, (await trial.GetAsync()).Run.Status);
    }

    [Fact]
    public async Task Without_an_intact_checkpoint_it_is_made_again_from_the_start()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("trained");
        await teacher.TrainAsync("{}");
        await Site.UntilAsync(teacher, RunStatus.Completed);
        var before = await teacher.GetAsync();
        foreach (var checkpoint in before.Run.Checkpoints)
        {
            site.Lose(checkpoint.Content);
        }

        await teacher.RepairAsync([site.Lose(before.Weights!).Digest]);
        await Site.UntilAsync(teacher, RunStatus.Completed);
        var after = await teacher.GetAsync();

        await site.Contents.VerifyAsync(before.Weights!, Cancellation);
        Assert.Equal(before.Weights, after.Weights);
        Assert.Contains(after.Run.Events, happened => happened.Message == "No checkpoint is usable, so the run starts afresh.");
    }

    [Fact]
    public async Task Other_bytes_are_refused_and_what_was_lost_stays_named()
    {
        var script = new ScriptedTraining
        {
            Milestones = (attempt, step, weights) =>
            {
                if (attempt is { Kind: RunKind.Backtracking, Number: 2 } && step == 5)
                {
                    weights.add_(1);
                }
                return null;
            },
        };
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("other-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var before = (await trial.GetAsync()).Run;
        foreach (var checkpoint in before.Checkpoints)
        {
            site.Lose(checkpoint.Content);
        }

        await trial.RepairAsync([site.Lose(before.Artifacts["student.safetensors"].Content).Digest]);
        var failed = await Site.UntilAsync(trial, RunStatus.Failed);
        var after = (await trial.GetAsync()).Run;
        await trial.ResumeAsync();
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.StartsWith("student.safetensors was made again with other bytes (", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(before.Artifacts, after.Artifacts);
        Assert.Equal([before.Artifacts["student.safetensors"].Content.Digest], after.Lost);
        // The third attempt made every step as the first one had.
        Assert.Empty((await trial.GetAsync()).Run.Lost);
        await site.Contents.VerifyAsync(before.Artifacts["student.safetensors"].Content, Cancellation);
    }

    [Fact]
    public async Task A_lost_node_is_recorded_again_before_a_trial_goes_on()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var first = await site.SubmitAsync("node-1");
        await Site.UntilAsync(first, RunStatus.Completed);
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>((await first.GetAsync()).Trajectory);
        var before = await trajectory.GetAsync();
        var node = site.Lose(before.Nodes[3].Content);
        var hold = script.HoldAt(RunKind.Recording, 25);

        await trajectory.RepairAsync([node.Digest]);
        await hold.Reached;
        var second = await site.SubmitAsync("node-2");
        var waiting = (await second.GetAsync()).Run.Status;
        hold.Open();
        await Site.UntilAsync(second, RunStatus.Completed);
        var after = await trajectory.GetAsync();

        Assert.Equal(RunStatus.Recording, waiting);
        await site.Contents.VerifyAsync(node, Cancellation);
        Assert.Equal(before.Nodes, after.Nodes);
        Assert.True(after.Sealed);
        Assert.Equal([0L, 20L], after.Run.Attempts.Select(attempt => attempt.ResumedStep));
        Assert.Empty(after.Run.Lost);
    }

    /// <summary>The last node is of the last step, and after the checkpoint there nothing draws it.</summary>
    [Fact]
    public async Task A_lost_picture_of_the_last_node_is_drawn_again_with_its_node()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var trial = await site.SubmitAsync("picture-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>((await trial.GetAsync()).Trajectory);
        var before = await trajectory.GetAsync();
        var picture = site.Lose(before.Run.Artifacts[DegradationRecording.PictureOf(before.Nodes[^1].Index)].Content);

        await trajectory.RepairAsync([picture.Digest]);
        await Site.UntilAsync(trajectory, RunStatus.Completed);
        var after = await trajectory.GetAsync();

        await site.Contents.VerifyAsync(picture, Cancellation);
        Assert.Equal(before.Nodes, after.Nodes);
        Assert.Equal(before.Run.Artifacts, after.Run.Artifacts);
        Assert.Empty(after.Run.Lost);
    }
}
