using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;

namespace DisBack.Orchestration.Ownership;

/// <summary>A run and its owner, as <see cref="RunAdvance"/> sees them.</summary>
internal interface IOwnedRun
{
    /// <summary>The state of the run.</summary>
    RunRecord Run { get; }

    /// <summary>The newest attempt, which may have ended.</summary>
    RunAttempt NewestAttempt { get; }

    /// <summary>The request for the slot of the next attempt.</summary>
    SlotRequest SlotRequest { get; }

    /// <summary>Applies a command to the run; durable, where it matters, when it returns.</summary>
    Task<CommitResult> ApplyAsync(RunCommand command);

    /// <summary>Sees to what must be there before an attempt; false while it is not.</summary>
    Task<bool> PrepareAsync();

    /// <summary>What an attempt works on.</summary>
    TrainingAssignment Assign(RunAttempt attempt, int device);

    /// <summary>Has the run advanced again after a time, whatever happens until then.</summary>
    void CheckAfter(TimeSpan due);
}
