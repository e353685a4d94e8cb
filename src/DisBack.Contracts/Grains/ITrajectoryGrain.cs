using System.Collections.Immutable;
using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>Stage 1 and its nodes, shared by every trial that asks for the same key (<see cref="GrainKeys.Trajectory"/>).</summary>
[Alias("disback.ITrajectoryGrain")]
public interface ITrajectoryGrain : IRun, IRunOwner
{
    /// <summary>
    /// The nodes if they are complete; otherwise sees to it that they are being recorded and remembers the trial, which is woken when they are.
    /// A trial asks again from time to time, so that nothing depends on the memory of this activation.
    /// </summary>
    [Alias("Ensure")]
    Task<TrajectoryReply> EnsureAsync(TrajectoryRequest request);

    /// <summary>Registers nodes that were recorded elsewhere. Those of a key are always the same, so registering them again changes nothing.</summary>
    [Alias("Register")]
    Task<TrajectoryDocument> RegisterAsync(TrajectoryRegistration registration);

    /// <summary>A trial no longer wants it: with nobody waiting, stage 1 is paused.</summary>
    [Alias("Forgo")]
    Task WithdrawAsync(string trial);

    /// <summary>The document as it is now.</summary>
    [Alias("Get")]
    Task<TrajectoryDocument> GetAsync();
}

/// <summary>Nodes offered as a trajectory.</summary>
/// <param name="Name">What to call it, for people.</param>
/// <param name="Nodes">The nodes in the order of degradation, already in the content store; the first is the teacher.</param>
[GenerateSerializer, Immutable, Alias("disback.TrajectoryRegistration.v1")]
public sealed record TrajectoryRegistration([property: Id(0)] string Name, [property: Id(1)] ImmutableArray<NodeRef> Nodes);

/// <summary>A trial's request for a trajectory.</summary>
/// <param name="Trial">Who asks.</param>
/// <param name="Name">The experiment's name, for people.</param>
/// <param name="Spec">The experiment spec as canonical JSON.</param>
/// <param name="Teacher">The teacher's weights.</param>
/// <param name="RetryFailed">Whether a stage 1 that has failed is tried again.</param>
[GenerateSerializer, Immutable, Alias("disback.TrajectoryRequest.v1")]
public sealed record TrajectoryRequest(
    [property: Id(0)] string Trial,
    [property: Id(1)] string Name,
    [property: Id(2)] string Spec,
    [property: Id(3)] ContentRef Teacher,
    [property: Id(4)] bool RetryFailed = false);

/// <summary>What a trial learns of its trajectory.</summary>
/// <param name="Sealed">Whether <paramref name="Nodes"/> are complete.</param>
/// <param name="Nodes">The nodes when sealed, otherwise none.</param>
/// <param name="Status">Where stage 1 stands.</param>
/// <param name="Reason">Why it waits, or why it failed.</param>
/// <param name="Cause">What kind of failure ended it; null unless it has failed.</param>
[GenerateSerializer, Immutable, Alias("disback.TrajectoryReply.v1")]
public sealed record TrajectoryReply(
    [property: Id(0)] bool Sealed, [property: Id(1)] ImmutableArray<NodeRef> Nodes, [property: Id(2)] RunStatus Status, [property: Id(3)] string? Reason,
    [property: Id(4)] FailureCause? Cause = null);
