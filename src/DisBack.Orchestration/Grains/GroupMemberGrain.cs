using DisBack.Contracts.Grains;
using DisBack.Orchestration.Groups;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Training;
using Orleans.Placement;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IGroupMemberGrain"/>
/// <remarks>The groups of its silo, as other silos call them: an activation may end, and what trains is not affected.</remarks>
[GrainType("group-member"), PlacedOn(SiloRole.Worker), Immovable]
internal sealed class GroupMemberGrain(ITrainingRuntime runtime, RunReporter reporter, WorkerGroups groups, ILocalSiloDetails silo) : Grain, IGroupMemberGrain
{
    public Task<StartResult> StartAsync(TrainingAssignment assignment)
    {
        MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
        return Task.FromResult(runtime.TryJoin(assignment) ? StartResult.Started : StartResult.NoSlot);
    }

    public Task<bool> EndAsync()
    {
        MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
        return runtime.EndMemberAsync(this.GetPrimaryKeyString());
    }

    public Task<bool> AskToStopAsync(string reason)
    {
        MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
        var key = this.GetPrimaryKeyString();
        var job = reporter.Find(key[..key.LastIndexOf('/')]);
        job?.RequestStop(StopMode.AfterCheckpoint, reason);
        return Task.FromResult(job is not null);
    }

    public Task<GroupNumbers> ReadAsync(GroupRange range)
    {
        MisroutedCall.Refuse(this, silo, DeactivateOnIdle);
        // One that has not joined yet will; one that is gone is noticed by the leader.
        return groups.Find(this.GetPrimaryKeyString())?.ReadAsync(range) ?? Task.FromResult(new GroupNumbers());
    }
}
