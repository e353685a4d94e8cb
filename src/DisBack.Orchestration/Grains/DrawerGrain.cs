using DisBack.Contracts.Grains;
using DisBack.Orchestration.Drawing;
using DisBack.Orchestration.Placement;
using Orleans.Placement;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IDrawerGrain"/>
/// <remarks>The drawings of its silo, as other silos call them: an activation may end, and what draws is not affected.</remarks>
[GrainType("drawer"), PlacedOn(SiloRole.Worker), Immovable]
internal sealed class DrawerGrain(DrawingRuntime runtime, ILocalSiloDetails silo) : Grain, IDrawerGrain
{
    public Task<StartResult> StartAsync(DrawingAssignment assignment)
    {
        MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
        return Task.FromResult(runtime.TryStart(assignment) ? StartResult.Started : StartResult.NoSlot);
    }

    public Task<bool> IsRunningAsync(RunAttempt attempt)
    {
        MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
        return Task.FromResult(runtime.IsRunning(attempt));
    }

    public Task<bool> StopAsync(RunAttempt attempt)
    {
        MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
        return Task.FromResult(runtime.TryStop(attempt));
    }
}
