using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>A trajectory that was recorded elsewhere is walked and never recorded.</summary>
public sealed class TrajectoryGrainTests
{
    private const string Named = """{"recording":{"from":"brought"}}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_that_are_registered_are_walked_and_stage_1_never_runs()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var (teacher, node) = (await StoredAsync(site, "teacher"), await StoredAsync(site, "node"));
        var registration = new TrajectoryRegistration("path", [new NodeRef(0, 0, teacher), new NodeRef(1, 100, node)]);
        var trajectory = site.Host.Grains.GetGrain<ITrajectoryGrain>("brought");

        var known = await trajectory.RegisterAsync(registration);
        var again = await trajectory.RegisterAsync(registration with { Name = "other" });
        var trial = await site.SubmitAsync("walk-1", Named);
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.Equal((true, "path", teacher), (known.Sealed, known.Name, known.Teacher));
        Assert.Equal(known.Run, again.Run);
        Assert.Equal(2, (await trial.GetAsync()).Nodes);
        Assert.DoesNotContain(script.Made, made => made.Run.Kind == RunKind.Recording);
    }

    [Fact]
    public async Task A_trial_whose_trajectory_is_not_there_fails_and_has_none_recorded_in_its_place()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var trial = await site.SubmitAsync("astray-1", Named);
        await Site.UntilAsync(trial, RunStatus.Failed);

        Assert.Equal(
            "Stage 1 has failed: its spec names a trajectory that is not here; import or record it again.", (await trial.GetAsync()).Run.Reason);
        Assert.Empty(script.Made);
    }

    private static Task<ContentRef> StoredAsync(Site site, string text) => site.Contents.PutAsync(BinaryData.FromString(text), Cancellation);
}
