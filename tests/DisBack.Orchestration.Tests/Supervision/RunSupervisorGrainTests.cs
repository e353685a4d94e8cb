using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Supervision;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Supervision;

/// <summary>After a cold start without reminders, whose memory is gone, every unfinished run is driven again, and only those.</summary>
public sealed class RunSupervisorGrainTests
{
    [Fact(Timeout = 60_000)]
    public async Task Unfinished_runs_go_on_after_a_cold_start_and_settled_ones_rest()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 25);
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("cold-1");
        await hold.Reached;
        var paused = site.Host.Grains.GetGrain<ITeacherGrain>("paused");
        await paused.TrainAsync("{}");
        await paused.PauseAsync();

        // As a crash leaves it: what the documents say is all that is left.
        await site.Host.DisposeAsync();
        hold.Open();
        await site.StartAsync(new ScriptedTraining(), services: Supervised);
        var key = trial.GetPrimaryKeyString();
        while ((await site.StoredAsync<TrialDocument>(DocumentNames.Trial, key)).Run.Status != RunStatus.Completed)
        {
            // Not by its grain: a question would wake the run, and that is what the supervisor must do.
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal(RunStatus.Paused, (await site.StoredAsync<TeacherDocument>(DocumentNames.Teacher, "paused")).Run.Status);
    }

    private static void Supervised(IServiceCollection services)
    {
        services.AddOptions<SupervisionOptions>().Configure(options => options.Ensure = TimeSpan.FromMilliseconds(100));
        services.AddHostedService<SupervisorService>();
    }
}
