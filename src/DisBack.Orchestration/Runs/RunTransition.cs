using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Runs;

/// <summary>What a command made of a run.</summary>
/// <param name="State">The new state.</param>
/// <param name="Result">Whether the command was taken.</param>
/// <param name="Persist">Whether the new state must be durable before anyone learns of it and before the effects.</param>
/// <param name="Effects">What must be done now, in order.</param>
internal sealed record RunTransition(RunRecord State, CommitResult Result, bool Persist, ImmutableArray<RunEffect> Effects);

/// <summary>What the owner has to do in the world after a transition.</summary>
internal abstract record RunEffect
{
    /// <summary>Ask the trainer of an attempt to stop.</summary>
    public sealed record Stop(int Attempt, StopMode Mode) : RunEffect;

    /// <summary>Leave the queue for a slot.</summary>
    public sealed record Withdraw : RunEffect;

    /// <summary>Give a slot back.</summary>
    /// <param name="Lease">Its lease.</param>
    /// <param name="IsGone">Whether the thread has gone; of one that was lost nobody knows.</param>
    public sealed record Release(string Lease, bool IsGone) : RunEffect;
}
