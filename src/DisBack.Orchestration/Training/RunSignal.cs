using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Training;

/// <summary>A report to the owner, which must be answered before the run goes on to its next upload.</summary>
/// <param name="Product">What it is about, for spans.</param>
public abstract record RunSignal(string Product)
{
    private readonly TaskCompletionSource<CommitResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The owner's answer.</summary>
    internal Task<CommitResult> Answer => _answer.Task;

    /// <summary>Hands the owner's answer to the run.</summary>
    public void Acknowledge(CommitResult result) => _answer.TrySetResult(result);

    /// <summary>A checkpoint is stored.</summary>
    public sealed record CheckpointStored(CheckpointRef Checkpoint) : RunSignal("checkpoint");

    /// <summary>A milestone was reached, and its content is stored.</summary>
    public sealed record MilestoneReached(MilestoneRecord Milestone) : RunSignal(Milestone.Kind);

    /// <summary>A file is stored.</summary>
    public sealed record ArtifactStored(ArtifactRef Artifact) : RunSignal("artifact");

    /// <summary>Something to know.</summary>
    public sealed record Noted(RunEventKind Kind, long Step, string Message) : RunSignal("note");
}
