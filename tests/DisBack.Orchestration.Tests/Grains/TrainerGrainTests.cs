using System.Net;
using DisBack.Contracts.Grains;
using Orleans.Runtime.Placement;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>The door to a silo's training threads.</summary>
public sealed class TrainerGrainTests
{
    [Fact]
    public async Task A_call_that_was_meant_for_another_silo_is_refused_and_starts_nothing()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var run = new RunAttempt(RunKind.Teacher, "elsewhere", 1);
        var trainer = site.Host.Grains.GetGrain<ITrainerGrain>(run.ToString());
        var meant = SiloAddress.New(IPAddress.Loopback, 1, 1);

        RequestContext.Set(IPlacementDirector.PlacementHintKey, meant);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => trainer.StartAsync(new TrainingAssignment { Run = run, Spec = "{}" }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => trainer.IsRunningAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => trainer.StopAsync(StopMode.Now));
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);

        Assert.Contains($"meant to be asked on {meant}", refused.Message, StringComparison.Ordinal);
        Assert.False(await trainer.IsRunningAsync());
    }
}
