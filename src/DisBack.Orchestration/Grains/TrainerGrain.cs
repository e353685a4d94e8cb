using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Training;
using Orleans.Placement;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="ITrainerGrain"/>
/// <remarks>
/// The training runtime of its silo, as other silos call it. It holds no state, not even the run: an activation ends whenever a silo dies that kept its
/// entry of the grain directory, and that must not affect a healthy run. The next activation on the same silo finds the run there.
/// </remarks>
[GrainType("trainer"), PlacedOn(SiloRole.Worker), Immovable]
internal sealed class TrainerGrain(ITrainingRuntime runtime, RunReporter reporter, ILocalSiloDetails silo) : Grain, ITrainerGrain
{
    private ITrainingJob? Job => reporter.Find(this.GetPrimaryKeyString());

    public Task<StartResult> StartAsync(TrainingAssignment assignment)
    {
        RefuseMisrouted();
        if (Job is null)
        {
            if (runtime.TryStart(assignment) is not { } job)
            {
                return Task.FromResult(StartResult.NoSlot);
            }
            reporter.Attend(job);
        }
        return Task.FromResult(StartResult.Started);
    }

    public Task<bool> IsRunningAsync()
    {
        RefuseMisrouted();
        return Task.FromResult(Job is not null);
    }

    public Task<bool> StopAsync(StopMode mode)
    {
        RefuseMisrouted();
        Job?.RequestStop(mode, mode == StopMode.AfterCheckpoint ? "Paused on request." : "Stopped on request.");
        return IsRunningAsync();
    }

    private void RefuseMisrouted() => MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
}
