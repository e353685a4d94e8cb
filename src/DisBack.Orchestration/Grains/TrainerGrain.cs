using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="ITrainerGrain"/>
/// <remarks>
/// Two activities besides the calls: a timer that keeps the activation alive and tells the owner so, and a pump that brings the owner what the
/// run has to say. Both interleave with calls, because the owner may be calling this grain at the same time.
/// </remarks>
[GrainType("trainer"), Immovable]
internal sealed partial class TrainerGrain(ITrainingRuntime runtime, IOptions<TrainingOptions> options, TimeProvider time, ILogger<TrainerGrain> logger) : Grain, ITrainerGrain
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private ITrainingJob? _job;
    private IRunOwner? _owner;
    private IGrainTimer? _heartbeat;
    private int _attempt;

    public Task<StartResult> StartAsync(TrainingAssignment assignment)
    {
        if (_job is not null) return Task.FromResult(StartResult.Started);
        _job = runtime.TryStart(assignment);
        if (_job is null)
        {
            DeactivateOnIdle();
            return Task.FromResult(StartResult.NoSlot);
        }
        (_owner, _attempt) = (GrainFactory.Owner(assignment.Run.Kind, assignment.Run.Owner), assignment.Run.Number);
        _heartbeat = this.RegisterGrainTimer(
            static (beat, _) => beat.Self.HeartbeatAsync(beat.Job),
            (Self: this, Job: _job),
            new GrainTimerCreationOptions(options.Value.Heartbeat, options.Value.Heartbeat) { KeepAlive = true, Interleave = true });
        _ = PumpAsync(_job);
        return Task.FromResult(StartResult.Started);
    }

    public Task<bool> IsRunningAsync()
    {
        if (_job is null) DeactivateOnIdle();
        return Task.FromResult(_job is not null);
    }

    public Task<bool> StopAsync(StopMode mode)
    {
        _job?.RequestStop(mode, mode == StopMode.AfterCheckpoint ? "Paused on request." : "Stopped on request.");
        return IsRunningAsync();
    }

    private async Task HeartbeatAsync(ITrainingJob job)
    {
        try
        {
            if (await _owner!.HeartbeatAsync(_attempt, job.Snapshot) == CommitResult.Accepted) job.ExtendDeadline();
            else job.Fence();
        }
        catch (Exception e)
        {
            // The dead-man time decides how long this may go on.
            LogUnheard(e, job.Assignment.Run);
        }
    }

    private async Task PumpAsync(ITrainingJob job)
    {
        try
        {
            await foreach (var signal in job.Signals.ReadAllAsync())
            {
                using var commit = Telemetry.StartWork("commit", job.Trace, signal.Product);
                signal.Acknowledge(await UntilHeardAsync(job, () => DeliverAsync(signal), job.Abandoned));
            }
            var outcome = await job.Completion;
            using var end = Telemetry.StartWork("outcome", job.Trace);
            await HeartbeatAsync(job);
            using var patience = new CancellationTokenSource(options.Value.DeadMan, time);
            await UntilHeardAsync(job, () => outcome.Cause is null ? _owner!.FinishedAsync(_attempt, outcome) : _owner!.FailedAsync(_attempt, outcome), patience.Token);
        }
        catch (Exception e)
        {
            LogPumpFailed(e, job.Assignment.Run);
            job.Fence();
        }
        finally
        {
            _heartbeat?.Dispose();
            _job = null;
            job.Close();
            DeactivateOnIdle();
        }
    }

    private Task<CommitResult> DeliverAsync(RunSignal signal) => signal switch
    {
        RunSignal.CheckpointStored stored => _owner!.CommitCheckpointAsync(_attempt, stored.Checkpoint),
        RunSignal.NodeStored stored => _owner!.NodeRecordedAsync(_attempt, stored.Node),
        RunSignal.ArtifactStored stored => _owner!.ArtifactStoredAsync(_attempt, stored.Artifact),
        RunSignal.TargetSwitched switched => _owner!.TargetSwitchedAsync(_attempt, switched.Made),
        RunSignal.Noted noted => _owner!.NotedAsync(_attempt, noted.Kind, noted.Step, noted.Message),
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "Not a signal of a run."),
    };

    /// <summary>Repeats a call until the owner answers; giving up is as good as being fenced.</summary>
    private async Task<CommitResult> UntilHeardAsync(ITrainingJob job, Func<Task<CommitResult>> call, CancellationToken patience)
    {
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            if (patience.IsCancellationRequested) return CommitResult.Fenced;
            try
            {
                return await call();
            }
            catch (Exception e)
            {
                LogUnheard(e, job.Assignment.Run);
            }
            await Task.Delay(wait, time, patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The owner of {Run} did not answer.")]
    private partial void LogUnheard(Exception exception, RunAttempt run);

    [LoggerMessage(Level = LogLevel.Error, Message = "What {Run} said could not be delivered.")]
    private partial void LogPumpFailed(Exception exception, RunAttempt run);
}
