using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>
/// What a worker reports to the owner of a run. Every call carries the attempt; a call of any attempt but the current one is
/// <see cref="CommitResult.Fenced"/> and changes nothing.
/// </summary>
[Alias("disback.IRunOwner")]
public interface IRunOwner : IGrainWithStringKey
{
    /// <summary>The attempt trains. An accepted heartbeat extends its dead-man time.</summary>
    [Alias("Heartbeat")]
    Task<CommitResult> HeartbeatAsync(int attempt, TrainingSnapshot snapshot);

    /// <summary>Makes a stored checkpoint the head. Durable when accepted.</summary>
    [Alias("CommitCheckpoint")]
    Task<CommitResult> CommitCheckpointAsync(int attempt, CheckpointRef checkpoint);

    /// <summary>
    /// Something was reached that the run is to remember. Durable when accepted; repeating it is accepted. A node is appended to the trajectory, a switch of
    /// the target is recorded in the run, and a milestone of any other kind becomes an event.
    /// </summary>
    [Alias("MilestoneReached")]
    Task<CommitResult> MilestoneReachedAsync(int attempt, MilestoneRecord milestone);

    /// <summary>A node of stage 1 as a worker of version 0.1.0 reports it; others call <see cref="MilestoneReachedAsync"/>.</summary>
    [Alias("NodeRecorded")]
    Task<CommitResult> NodeRecordedAsync(int attempt, NodeRef node);

    /// <summary>A switch of the target as a worker of version 0.1.0 reports it; others call <see cref="MilestoneReachedAsync"/>.</summary>
    [Alias("TargetSwitched")]
    Task<CommitResult> TargetSwitchedAsync(int attempt, SwitchRecord targetSwitch);

    /// <summary>A file was stored. Durable when accepted.</summary>
    [Alias("ArtifactStored")]
    Task<CommitResult> ArtifactStoredAsync(int attempt, ArtifactRef artifact);

    /// <summary>Something to know, for example that a damaged checkpoint was passed over. Durable when accepted.</summary>
    [Alias("Noted")]
    Task<CommitResult> NotedAsync(int attempt, RunEventKind kind, long step, string message);

    /// <summary>The run is complete: all its checkpoints, nodes and artifacts were accepted before.</summary>
    [Alias("Finished")]
    Task<CommitResult> FinishedAsync(int attempt, RunOutcome outcome);

    /// <summary>The attempt ended before the run was complete, by failure or because it was asked to stop.</summary>
    [Alias("Failed")]
    Task<CommitResult> FailedAsync(int attempt, RunOutcome outcome);

    /// <summary>What the owner waits for may be there: a slot, or a trajectory. Carries no fact; the owner looks for itself.</summary>
    [Alias("Wake")]
    Task WakeAsync();
}
