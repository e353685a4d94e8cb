using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Runs;

/// <summary>Everything that can happen to a run. A call of an attempt carries its number.</summary>
internal abstract record RunCommand
{
    /// <summary>The run was asked for.</summary>
    /// <param name="LastAttempt">The last attempt of a deleted run of the same name, after which this one counts on; 0 if there was none.</param>
    /// <param name="Trace">W3C trace context of the call that asks; null if it is not traced.</param>
    public sealed record Submit(int LastAttempt = 0, string? Trace = null) : RunCommand;

    /// <summary>A run that failed or was cancelled begins anew from another spec; its attempts count on.</summary>
    public sealed record Replace : RunCommand;

    /// <summary>What it would train exists already: it is known from now on, and complete.</summary>
    public sealed record Register : RunCommand;

    /// <summary>Contents that a complete run has made are lost: it goes on from a checkpoint before them.</summary>
    /// <param name="Lost">Their digests.</param>
    /// <param name="Before">The step that the checkpoint must come before.</param>
    /// <param name="Reason">One sentence for the history.</param>
    public sealed record Repair(ImmutableArray<string> Lost, long Before, string Reason) : RunCommand;

    /// <summary>The document changes beside its run.</summary>
    public sealed record Annotate : RunCommand;

    /// <summary>It waits for its trajectory.</summary>
    public sealed record AwaitTrajectory(string Reason) : RunCommand;

    /// <summary>It waits for a slot.</summary>
    public sealed record AwaitSlot(string Reason) : RunCommand;

    /// <summary>It cannot go on before an attempt has even begun.</summary>
    public sealed record GiveUp(string Reason, FailureCause? Cause) : RunCommand;

    /// <summary>Slots were leased: the next attempt takes ownership.</summary>
    public sealed record Begin(string Lease, string DeviceName, string Worker = "", int Slots = 1) : RunCommand;

    public sealed record Pause : RunCommand;

    public sealed record Resume : RunCommand;

    public sealed record Cancel : RunCommand;

    /// <summary>A call of the attempt <paramref name="Number"/>; fenced unless it is the current one.</summary>
    public abstract record OfAttempt(int Number) : RunCommand;

    public sealed record Heartbeat(int Number, TrainingSnapshot Snapshot) : OfAttempt(Number);

    public sealed record Commit(int Number, CheckpointRef Checkpoint) : OfAttempt(Number);

    public sealed record Switch(int Number, SwitchRecord Made) : OfAttempt(Number);

    public sealed record Store(int Number, ArtifactRef Artifact) : OfAttempt(Number);

    /// <summary>Lost content was made again, with the same bytes.</summary>
    public sealed record Recover(int Number, string Digest) : OfAttempt(Number);

    /// <summary>A milestone that changes nothing but the history.</summary>
    public sealed record Milestone(int Number, long Step, string Message) : OfAttempt(Number);

    public sealed record Note(int Number, RunEventKind Kind, long Step, string Message) : OfAttempt(Number);

    public sealed record Finish(int Number, long Step) : OfAttempt(Number);

    public sealed record Fail(int Number, long Step, FailureCause Cause, string Message) : OfAttempt(Number);
}
