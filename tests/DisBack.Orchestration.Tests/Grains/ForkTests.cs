using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>A run that starts with a checkpoint of another makes the steps after it, once each, whatever happens to its own checkpoints.</summary>
public sealed class ForkTests
{
    [Fact]
    public async Task It_goes_on_from_there_and_ends_as_the_other_did()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var source = await SourceAsync(site);

        var fork = await site.SubmitAsync("fork-1", SpecOf(source.Checkpoints.Single(checkpoint => checkpoint.Step == 20)));
        await Site.UntilAsync(fork, RunStatus.Completed);
        var run = (await fork.GetAsync()).Run;

        Assert.Equal(source.Artifacts["student.safetensors"].Content, run.Artifacts["student.safetensors"].Content);
        Assert.DoesNotContain(run.Checkpoints, checkpoint => checkpoint.Step <= 20);
        Assert.Single(script.Made, made => made.Run.Kind == RunKind.Recording);
    }

    [Fact]
    public async Task What_is_lost_of_its_own_leads_back_to_the_start_and_not_before()
    {
        var script = new ScriptedTraining();
        await using var site = await Site.OpenAsync(script);
        var source = await SourceAsync(site);
        var fork = await site.SubmitAsync("fork-2", SpecOf(source.Checkpoints.Single(checkpoint => checkpoint.Step == 20)));
        await Site.UntilAsync(fork, RunStatus.Completed);
        var before = (await fork.GetAsync()).Run;
        // Those of the last steps are the other run's bytes as well, which it has lost with them.
        foreach (var checkpoint in before.Checkpoints)
        {
            site.Lose(checkpoint.Content);
        }

        await fork.RepairAsync([site.Lose(before.Artifacts["student.safetensors"].Content).Digest]);
        await Site.UntilAsync(fork, RunStatus.Completed);
        var after = (await fork.GetAsync()).Run;

        Assert.Equal(before.Artifacts, after.Artifacts);
        Assert.Contains(after.Events, happened => happened is { Step: 20, Message: "No checkpoint is usable, so the run starts afresh." });
    }

    private static async Task<RunRecord> SourceAsync(Site site)
    {
        var source = await site.SubmitAsync("source-1", Site.Spec.Replace("\"keep\":3", "\"keep\":9", StringComparison.Ordinal));
        await Site.UntilAsync(source, RunStatus.Completed);
        return (await source.GetAsync()).Run;
    }

    private static string SpecOf(CheckpointRef checkpoint) =>
        Site.Spec.Insert(1, $$"""
            "start":{"run":"source-1/0000","step":{{checkpoint.Step}},"node":{{checkpoint.TargetIndex}},"checkpoint":"{{checkpoint.Content.Name}}"},
            """.Trim());
}
