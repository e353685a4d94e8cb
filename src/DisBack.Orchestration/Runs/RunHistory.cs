using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using Microsoft.Extensions.Logging;

namespace DisBack.Orchestration.Runs;

/// <summary>
/// What became durable and what was acknowledged, as log records with fixed names and properties: the history from which anyone, an auditor's
/// program above all, can check that nothing acknowledged was lost and that no run ever had two owners.
/// </summary>
/// <remarks>
/// The owner's records carry the sequence number of the document that the write made, which orders them without any clock; the worker's carry
/// the attempt.
/// </remarks>
internal sealed partial class RunHistory(ILoggerFactory loggers)
{
    /// <summary>The log category.</summary>
    public const string Category = "DisBack.History";

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    /// <summary>The owner has written what a command made of the run.</summary>
    public void Written(RunKind kind, string owner, RunCommand command, RunRecord run)
    {
        var name = NameOf(kind, owner);
        switch (command)
        {
            case RunCommand.Begin:
                AttemptBegan(name, run.Attempt, run.Sequence, run.Head?.Step ?? 0, run.Head?.Content.Digest ?? "");
                break;
            case RunCommand.Commit commit:
                CheckpointCommitted(name, commit.Number, run.Sequence, commit.Checkpoint.Step, commit.Checkpoint.Content.Digest);
                break;
            case RunCommand.Fail fail:
                AttemptEnded(name, fail.Number, run.Sequence, fail.Cause, fail.Step);
                break;
            case RunCommand.Finish finish:
                Completed(
                    name,
                    finish.Number,
                    run.Sequence,
                    run.Artifacts.TryGetValue(Distillation.Generators.StudentFile.Name, out var student) ? student.Content.Digest : "");
                break;
        }
    }

    /// <summary>The acknowledgement of a checkpoint has arrived at the worker.</summary>
    public void CheckpointAcknowledged(RunAttempt run, CheckpointRef checkpoint)
    {
        var name = NameOf(run.Kind, run.Owner);
        CheckpointAcknowledged(name, run.Number, checkpoint.Step, checkpoint.Content.Digest);
    }

    /// <summary>A training thread goes on from the step to which a checkpoint has brought it, or from the start where that is null.</summary>
    public void Resumed(RunAttempt run, long step, CheckpointRef? from)
    {
        var name = NameOf(run.Kind, run.Owner);
        Resumed(name, run.Number, step, from?.Content.Digest ?? "");
    }

    /// <summary>An attempt has learnt that it owns its run no more.</summary>
    public void Fenced(RunAttempt run)
    {
        var name = NameOf(run.Kind, run.Owner);
        Fenced(name, run.Number);
    }

    private static string NameOf(RunKind kind, string owner) => $"{RunKinds.Of(kind).Label}/{owner}";

    [LoggerMessage(EventId = 1, EventName = "AttemptBegan", Level = LogLevel.Information, Message = "{Run}: attempt {Attempt} began from step {ResumedStep} "
        + "({Digest}), sequence {Sequence}.")]
    private partial void AttemptBegan(string run, int attempt, long sequence, long resumedStep, string digest);

    [LoggerMessage(EventId = 2, EventName = "AttemptEnded", Level = LogLevel.Information, Message = "{Run}: attempt {Attempt} ended ({Cause}) at step {Step}, "
        + "sequence {Sequence}.")]
    private partial void AttemptEnded(string run, int attempt, long sequence, FailureCause cause, long step);

    [LoggerMessage(EventId = 3, EventName = "CheckpointCommitted", Level = LogLevel.Information, Message = "{Run}: attempt {Attempt} committed step {Step} "
        + "({Digest}), sequence {Sequence}.")]
    private partial void CheckpointCommitted(string run, int attempt, long sequence, long step, string digest);

    [LoggerMessage(EventId = 4, EventName = "CheckpointAcknowledged", Level = LogLevel.Information, Message = "{Run}: attempt {Attempt} knows that step {Step} "
        + "({Digest}) is durable.")]
    private partial void CheckpointAcknowledged(string run, int attempt, long step, string digest);

    [LoggerMessage(EventId = 5, EventName = "Resumed", Level = LogLevel.Information, Message = "{Run}: attempt {Attempt} goes on from step {Step} ({Digest}).")]
    private partial void Resumed(string run, int attempt, long step, string digest);

    [LoggerMessage(EventId = 6, EventName = "Fenced", Level = LogLevel.Warning, Message = "{Run}: attempt {Attempt} is fenced.")]
    private partial void Fenced(string run, int attempt);

    [LoggerMessage(EventId = 7, EventName = "Completed", Level = LogLevel.Information, Message = "{Run}: attempt {Attempt} completed it, sequence {Sequence}, "
        + "student {Student}.")]
    private partial void Completed(string run, int attempt, long sequence, string student);
}
