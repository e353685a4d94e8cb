using System.Collections.Concurrent;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Orchestration.Training;

/// <summary>
/// Reports for the training threads of this silo: sends each owner heartbeats and the signals of its run, in order, each until the owner has
/// answered. It lives as long as the silo does, unlike an activation.
/// </summary>
internal sealed partial class RunReporter(
    IGrainFactory grains,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<RunReporter> logger,
    RunHistory history)
{
    private readonly ConcurrentDictionary<string, (ITrainingJob Job, TaskCompletionSource Known)> _attended = new();

    /// <summary>Completes when the owners of all jobs that are here now know their outcomes, or nobody tries to report them any more.</summary>
    public Task OutcomesKnown => Task.WhenAll(_attended.Values.Select(attended => attended.Known.Task));

    /// <summary>The job of an attempt, by the trainer's key, from its start until the owner knows the outcome.</summary>
    public ITrainingJob? Find(string attempt) => _attended.GetValueOrDefault(attempt).Job;

    /// <summary>Begins to report for a job that has just started.</summary>
    public void Attend(ITrainingJob job)
    {
        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_attended.TryAdd(job.Assignment.Run.ToString(), (job, known)))
        {
            return;
        }
        var owner = grains.Owner(job.Assignment.Run.Kind, job.Assignment.Run.Owner);
        // Away from the caller's turn, and from what it carries: neither a grain's scheduler nor its hints are for what outlives the grain.
        using var suppressed = ExecutionContext.SuppressFlow();
        _ = Task.Run(() => SendHeartbeatsAsync(job, owner));
        _ = Task.Run(async () =>
        {
            await DeliverAllAsync(job, owner);
            _attended.TryRemove(job.Assignment.Run.ToString(), out _);
            known.SetResult();
        });
    }

    private async Task SendHeartbeatsAsync(ITrainingJob job, IRunOwner owner)
    {
        using var period = new PeriodicTimer(options.Value.Heartbeat, time);
        var (reached, since) = (job.Snapshot, time.GetTimestamp());
        while (await Task.WhenAny(job.Completion, period.WaitForNextTickAsync().AsTask()) != job.Completion)
        {
            var now = job.Snapshot;
            if ((now.Stage, now.Step) != (reached.Stage, reached.Step))
            {
                (reached, since) = (now, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(since) > options.Value.Hung)
            {
                // The owner gives the attempt up and begins another elsewhere; this thread keeps its slot, because it may still use the device.
                LogHung(job.Assignment.Run, now.Step, options.Value.Hung);
                return;
            }
            // An answer that the outcome has overtaken counts for nothing: the attempt owned its run to the end.
            if (!await OwnsAsync(job, owner) && !job.Completion.IsCompleted)
            {
                Fence(job);
            }
        }
    }

    /// <summary>A heartbeat: whether the attempt owns its run, as far as is known.</summary>
    private async Task<bool> OwnsAsync(ITrainingJob job, IRunOwner owner)
    {
        try
        {
            if (await owner.HeartbeatAsync(job.Assignment.Run.Number, job.Snapshot) == CommitResult.Fenced)
            {
                return false;
            }
            job.ExtendDeadline();
        }
        catch (Exception e)
        {
            // The dead-man time decides how long this may go on.
            LogUnanswered(e, job.Assignment.Run);
        }
        return true;
    }

    private async Task DeliverAllAsync(ITrainingJob job, IRunOwner owner)
    {
        var attempt = job.Assignment.Run.Number;
        try
        {
            await foreach (var signal in job.Signals.ReadAllAsync())
            {
                using var commit = AttemptSpans.StartWork("commit", job.Trace, signal.Product);
                var answer = await UntilAnsweredAsync(job, () => DeliverAsync(owner, attempt, signal), job.Abandoned);
                if (answer == CommitResult.Fenced)
                {
                    Fence(job);
                }
                if (answer == CommitResult.Accepted && signal is RunSignal.CheckpointStored { Checkpoint: var kept })
                {
                    history.CheckpointAcknowledged(job.Assignment.Run, kept);
                }
                signal.Acknowledge(answer ?? CommitResult.Fenced);
            }
            var outcome = await job.Completion;
            using var end = AttemptSpans.StartWork("outcome", job.Trace);
            if (!await OwnsAsync(job, owner))
            {
                Fence(job);
            }
            using var deadline = new CancellationTokenSource(options.Value.DeadMan, time);
            await UntilAnsweredAsync(
                job,
                () => outcome.Cause is null ? owner.FinishedAsync(attempt, outcome) : owner.FailedAsync(attempt, outcome),
                deadline.Token);
        }
        catch (Exception e)
        {
            LogPumpFailed(e, job.Assignment.Run);
            job.Fence();
        }
    }

    private static Task<CommitResult> DeliverAsync(IRunOwner owner, int attempt, RunSignal signal) => signal switch
    {
        RunSignal.CheckpointStored stored => owner.CommitCheckpointAsync(attempt, stored.Checkpoint),
        RunSignal.MilestoneReached reached => owner.MilestoneReachedAsync(attempt, reached.Milestone),
        RunSignal.ArtifactStored stored => owner.ArtifactStoredAsync(attempt, stored.Artifact),
        RunSignal.Noted noted => owner.NotedAsync(attempt, noted.Kind, noted.Step, noted.Message),
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "Not a signal of a run."),
    };

    /// <summary>Repeats a call until the owner answers; null if it was cancelled first.</summary>
    private Task<CommitResult?> UntilAnsweredAsync(ITrainingJob job, Func<Task<CommitResult>> call, CancellationToken cancellation) =>
        PersistentCall.UntilAnsweredAsync(call, failure => LogUnanswered(failure, job.Assignment.Run), time, cancellation);

    private void Fence(ITrainingJob job)
    {
        history.Fenced(job.Assignment.Run);
        job.Fence();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The owner of {Run} did not answer.")]
    private partial void LogUnanswered(Exception exception, RunAttempt run);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Run} hangs: it has come no further than step {Step} for {Time}; if its thread does not come back, "
        + "restart this process to have the device again.")]
    private partial void LogHung(RunAttempt run, long step, TimeSpan time);

    [LoggerMessage(Level = LogLevel.Error, Message = "The reports of {Run} could not be delivered.")]
    private partial void LogPumpFailed(Exception exception, RunAttempt run);
}
