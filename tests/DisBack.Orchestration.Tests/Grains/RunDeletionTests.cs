using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.Storage.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>What is deleted frees its name, and nothing of it reaches the next run of that name.</summary>
public sealed class RunDeletionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deleted_trial_is_gone_with_its_curves_and_its_sweep_and_the_same_spec_starts_anew()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("deleted-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var before = await trial.GetAsync();
        var sweep = site.Host.Grains.GetGrain<ISweepGrain>("deleted-1");

        var reply = await sweep.DeleteAsync(before.Id);
        var again = await sweep.DeleteAsync(before.Id);

        Assert.Equal((true, "Deleted run deleted-1/0000."), (reply.Applied, reply.Message));
        Assert.Equal((false, "There is no such run."), (again.Applied, again.Message));
        Assert.Equal(default, (await trial.GetAsync()).Run.Submitted);
        Assert.Equal("", (await sweep.GetAsync()).Spec);
        Assert.Empty(await DocumentsAsync(site, DocumentNames.Trial));
        Assert.Empty(await DocumentsAsync(site, DocumentNames.Sweep));
        Assert.Empty((await new MetricReader(Blobs(site)).ReadAsync(before.Id, Cancellation)).Points);
        await site.Contents.VerifyAsync(before.Run.Artifacts["student.safetensors"].Content, Cancellation);

        await site.SubmitAsync("deleted-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var after = await trial.GetAsync();

        // An attempt's number is never given twice, so that a late call of a deleted attempt is fenced.
        Assert.Equal(0, Assert.Single(after.Run.Attempts).ResumedStep);
        Assert.Equal(2, after.Run.Attempt);
        Assert.Equal(CommitResult.Fenced, await trial.HeartbeatAsync(1, new TrainingSnapshot()));
        Assert.Equal(before.Run.Artifacts["student.safetensors"], after.Run.Artifacts["student.safetensors"]);
        Assert.Equal(2, script.Made.Count(made => made.Run.Kind == RunKind.Backtracking));
    }

    [Fact]
    public async Task What_has_not_settled_is_not_deleted()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 13);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("busy-1");
        await hold.Reached;
        await Site.UntilAsync(trial, RunStatus.Running);

        var reply = await site.Host.Grains.GetGrain<ISweepGrain>("busy-1").DeleteAsync("busy-1/0000");
        hold.Open();
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Equal((false, "Nothing was deleted: run busy-1/0000 is running; cancel it first."), (reply.Applied, reply.Message));
        Assert.Single(await DocumentsAsync(site, DocumentNames.Sweep));
    }

    [Fact]
    public async Task A_deletion_that_was_interrupted_is_finished_by_the_next_one()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var trial = await site.SubmitAsync("half-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        // What an interruption leaves: the document goes last.
        await new MetricReader(Blobs(site)).DeleteAsync("half-1/0000", Cancellation);

        Assert.Equal(RunStatus.Completed, (await trial.GetAsync()).Run.Status);
        Assert.True((await site.Host.Grains.GetGrain<ISweepGrain>("half-1").DeleteAsync("half-1/0000")).Applied);
        Assert.Empty(await DocumentsAsync(site, DocumentNames.Trial));
    }

    [Fact]
    public async Task A_deleted_trajectory_is_recorded_again_by_the_next_run_that_asks_for_it()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var first = await site.SubmitAsync("walk-1");
        await Site.UntilAsync(first, RunStatus.Completed);
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>((await first.GetAsync()).Trajectory);
        var before = await trajectory.GetAsync();

        Assert.True((await trajectory.DeleteAsync()).Applied);
        await Site.UntilAsync(await site.SubmitAsync("walk-2"), RunStatus.Completed);

        Assert.Equal(2, script.Made.Count(made => made.Run.Kind == RunKind.Recording));
        Assert.Equal(before.Nodes, (await trajectory.GetAsync()).Nodes);
    }

    [Fact]
    public async Task A_deleted_teacher_frees_its_name()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("named");
        await teacher.TrainAsync("{}");
        await Site.UntilAsync(teacher, RunStatus.Completed);

        await teacher.DeleteAsync();
        var weights = await site.Contents.PutAsync(BinaryData.FromString("other weights"), Cancellation);
        var registered = await teacher.RegisterAsync(new TeacherRegistration(weights, "{}", "imported"));
        await teacher.DeleteAsync();
        await teacher.TrainAsync("""{"seed":1}""");
        await Site.UntilAsync(teacher, RunStatus.Completed);

        Assert.Equal(weights, registered.Weights);
        Assert.Equal(2, (await teacher.GetAsync()).Run.Attempt);
    }

    [Fact]
    public async Task A_corrected_spec_takes_the_place_of_a_training_that_failed()
    {
        var script = new ScriptedTraining();
        script.At(RunKind.Teacher, 15, _ => throw new DisBackException("The spec has a mistake."));
        await using var site = await Site.OpenAsync(script);
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("corrected");
        await teacher.TrainAsync("{}");
        await Site.UntilAsync(teacher, RunStatus.Failed);

        var taken = await teacher.TrainAsync("""{"seed":1}""");
        await Site.UntilAsync(teacher, RunStatus.Completed);
        var trained = await teacher.GetAsync();
        var refused = await teacher.TrainAsync("""{"seed":2}""");

        Assert.Equal("""{"seed":1}""", taken.Spec);
        Assert.Equal(0, Assert.Single(trained.Run.Attempts).ResumedStep);
        Assert.Equal(2, trained.Run.Attempt);
        Assert.NotNull(trained.Weights);
        Assert.Equal(("""{"seed":1}""", trained.Weights), (refused.Spec, refused.Weights));
        var history = await new MetricReader(Blobs(site)).ReadAsync("teacher/corrected", Cancellation);
        Assert.All(history.Events, happened => Assert.Equal(2, happened.Attempt));
    }

    [Fact]
    public async Task A_training_that_goes_on_keeps_its_name()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 5);
        await using var site = await Site.OpenAsync(script);
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>("kept");
        await teacher.TrainAsync("{}");
        await hold.Reached;

        Assert.Equal("{}", (await teacher.TrainAsync("""{"seed":1}""")).Spec);
        hold.Open();
        await Site.UntilAsync(teacher, RunStatus.Completed);
    }

    private static IBlobStore Blobs(Site site) => site.Host.Services.GetRequiredService<IBlobStore>();

    private static ValueTask<List<DocumentInfo>> DocumentsAsync(Site site, string kind) =>
        new DocumentReader(Blobs(site), DocumentNames.Service).FindAllAsync(kind, kind, Cancellation).ToListAsync(Cancellation);
}
