using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Tests.Drawing;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Supervision;

/// <summary>After a cold start without reminders, whose memory is gone, every unfinished run advances again, and only those.</summary>
public sealed class RunSupervisorGrainTests
{
    /// <param name="marked">False: the data is of a version that wrote no marks.</param>
    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Unfinished_runs_go_on_after_a_cold_start_and_settled_ones_rest(bool marked)
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 25);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("cold-1");
        await hold.Reached;
        var paused = site.Host.Grains.GetGrain<ITeacherGrain>("paused");
        await paused.TrainAsync("{}");
        await paused.PauseAsync();

        var damaged = Path.Combine(site.Folder, StateNames.Of(DocumentNames.Service, DocumentNames.Trial, "a-damaged-one/0000", DocumentNames.Trial));
        Directory.CreateDirectory(Path.GetDirectoryName(damaged)!);
        await File.WriteAllTextAsync(damaged, "{ \"id\": ", TestContext.Current.CancellationToken);

        // As a crash leaves it: what the documents say is all that is left.
        await site.Host.DisposeAsync();
        hold.Open();
        if (!marked)
        {
            Directory.Delete(Path.Combine(site.Folder, "unfinished"), recursive: true);
        }
        var after = new ScriptedTraining();
        var resumed = after.HoldAt(RunKind.Backtracking, 30);
        await site.StartAsync(after, services: Supervised);
        // Nobody asks its grain before that: a question would wake the run, and that is what the supervisor must do.
        await resumed.Reached.WaitAsync(TestContext.Current.CancellationToken);
        resumed.Open();
        await Site.UntilAsync(site.Host.Grains.GetGrain<ITrialGrain>(trial.GetPrimaryKeyString()), RunStatus.Completed);

        Assert.Equal(RunStatus.Paused, (await site.StoredAsync<TeacherDocument>(DocumentNames.Teacher, "paused")).Run.Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_drawing_that_waited_is_drawn_after_a_cold_start_and_one_that_has_expired_is_deleted()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        var (holds, waits, over) = (GrainKeys.NewDrawing(), GrainKeys.NewDrawing(), GrainKeys.NewDrawing());
        await site.Host.Grains.GetGrain<IDrawingGrain>(over).SubmitAsync(MiniModel.OneStep(), model);
        await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(over), DrawingState.Completed);
        await site.Host.Grains.GetGrain<IDrawingGrain>(holds).SubmitAsync(MiniModel.Endless, model);
        await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(holds), DrawingState.Drawing);
        await site.Host.Grains.GetGrain<IDrawingGrain>(waits).SubmitAsync(MiniModel.OneStep(), model);
        await site.Host.Grains.GetGrain<IDrawingGrain>(holds).CancelAsync();
        await site.Host.DisposeAsync();

        // Nobody asks the grains: all that leads to them are their marks.
        await site.StartAsync(new ScriptedTraining(), options => options.DrawingsKept = TimeSpan.Zero, Supervised);
        while (Directory.GetFiles(Path.Combine(site.Folder, "unfinished", "drawing")).Length > 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        // The mark goes last.
        foreach (var id in new[] { holds, waits, over })
        {
            Assert.Null(await FindAsync(id));
        }

        Task<DrawingDocument?> FindAsync(string id) => new DocumentReader(site.Host.Services.GetRequiredService<IBlobStore>(), DocumentNames.Service)
            .ReadAsync<DrawingDocument>(DocumentNames.Drawing, id, DocumentNames.Drawing, TestContext.Current.CancellationToken);
    }

    private static void Supervised(IServiceCollection services)
    {
        services.AddOptions<SupervisionOptions>().Configure(options =>
        {
            options.Ensure = TimeSpan.FromMilliseconds(100);
            options.Audit = TimeSpan.FromSeconds(1);
        });
        services.AddHostedService<SupervisorService>();
    }
}
