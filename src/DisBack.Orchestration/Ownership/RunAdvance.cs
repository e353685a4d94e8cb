using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Runs;

namespace DisBack.Orchestration.Ownership;

/// <summary>
/// Takes a run towards completion: leases a slot, starts the next attempt on it, declares a lost one lost, and does what the state machine asks for. It
/// is level-triggered: it looks at where the run stands, so nothing depends on a message or on the memory of an activation.
/// </summary>
internal sealed class RunAdvance(IOwnedRun owner, IGrainFactory grains, RunLiveness liveness, RunReminder reminder, RunOwnerServices services)
{
    private RunRecord Run => owner.Run;

    private SiloAddress? Worker => Run.Current is { Worker.Length: > 0 } attempt ? SiloAddress.FromParsableString(attempt.Worker) : null;

    /// <summary>Takes the run as far as it goes now.</summary>
    public async Task AdvanceAsync()
    {
        if (Run.Submitted == default)
        {
            return;
        }
        liveness.BeginCheck();
        try
        {
            while (!Run.Status.IsSettled() && await StepAsync())
            {
            }
        }
        finally
        {
            liveness.EndCheck();
        }
    }

    /// <summary>The same for somebody who asks, and who need not sit out the wait that is put between attempts after failures in a row.</summary>
    public async Task AdvanceNowAsync()
    {
        await AdvanceAsync();
        if (Run.RetryAt is null)
        {
            return;
        }
        await owner.ApplyAsync(new RunCommand.Resume());
        await AdvanceAsync();
    }

    /// <summary>Does what a transition asks for.</summary>
    public async Task PerformAsync(RunEffect effect)
    {
        try
        {
            switch (effect)
            {
                case RunEffect.Withdraw:
                    var attempt = owner.NewestAttempt;
                    await grains.Pool().WithdrawAsync(attempt.Kind, attempt.Owner);
                    break;
                case RunEffect.Release release:
                    await (release.IsGone ? grains.Pool().ReleaseAsync(release.Lease) : grains.Pool().ForfeitAsync(release.Lease));
                    break;
                // A silo that is gone is not asked: the call would be refused on another one, and the stop would seem to be on its way for ever.
                case RunEffect.Stop stop when await liveness.IsGoneAsync(Worker) || !await AskTrainerAsync(trainer => trainer.StopAsync(stop.Mode)):
                    await owner.ApplyAsync(new RunCommand.Fail(stop.Attempt, Run.Head?.Step ?? 0, FailureCause.Lost, "The process that ran it is gone."));
                    break;
            }
        }
        catch (Exception e) when (e is not Orleans.Storage.InconsistentStateException)
        {
            // A position in the queue and a lease expire by themselves, and an attempt that was not asked to stop is asked again.
            RunOwnerLog.EffectFailed(services.Logger, e, effect);
        }
    }

    /// <summary>Takes the run one step further; false where there is nothing more to do for now.</summary>
    private async Task<bool> StepAsync()
    {
        owner.CheckAfter(services.Training.Value.Supervise);
        await reminder.EnsureAsync(owner.NewestAttempt);
        if (Run.Current is not null)
        {
            // Asked again until it has stopped: whoever asked it first may have died before.
            if (RunMachine.OwedStop(Run) is { } stop)
            {
                await PerformAsync(stop);
            }
            return Run.Current is null || await FailIfLostAsync();
        }
        if (Run.RetryAt - services.Time.GetUtcNow() is { } wait && wait > TimeSpan.Zero)
        {
            owner.CheckAfter(wait);
            return false;
        }
        return await owner.PrepareAsync() && await BeginAsync();
    }

    /// <summary>Declares the current attempt lost if it does not train any more; false if it does.</summary>
    private async Task<bool> FailIfLostAsync()
    {
        if (await liveness.FindLossAsync(owner.NewestAttempt, Worker, () => AskTrainerAsync(trainer => trainer.IsRunningAsync())) is not { } loss)
        {
            return false;
        }
        await owner.ApplyAsync(new RunCommand.Fail(Run.Attempt, Run.Head?.Step ?? 0, FailureCause.Lost, loss));
        return true;
    }

    /// <summary>Leases a slot and starts the next attempt on it; false while there is no slot.</summary>
    private async Task<bool> BeginAsync()
    {
        var reply = await grains.Pool().LeaseAsync(owner.SlotRequest);
        if (reply.Lease is not { } lease)
        {
            await owner.ApplyAsync(new RunCommand.AwaitSlot(reply.Position > 1 ? $"{reply.Reason} (position {reply.Position} in the queue)" : reply.Reason!));
            return false;
        }
        var waiting = RunMachine.WaitingSince(Run);
        // From here on the attempt owns the run, whatever becomes of the call that starts it.
        var begin = new RunCommand.Begin(lease.Id, lease.DeviceName, lease.Worker.ToParsableString(), lease.Slots.Length);
        if (await owner.ApplyAsync(begin) == CommitResult.Fenced)
        {
            await grains.Pool().ReleaseAsync(lease.Id);
            return false;
        }
        var attempt = owner.NewestAttempt;
        liveness.Renew();
        try
        {
            if (await AskTrainerAsync(trainer => trainer.StartAsync(Assignment(attempt, lease, waiting))) == StartResult.Started)
            {
                return true;
            }
            await owner.ApplyAsync(new RunCommand.Fail(attempt.Number, 0, FailureCause.Lost, $"{lease.DeviceName} had no free slot after all."));
        }
        catch (Exception e) when (e is not Orleans.Storage.InconsistentStateException)
        {
            RunOwnerLog.StartFailed(services.Logger, e, attempt);
            await owner.ApplyAsync(new RunCommand.Fail(attempt.Number, 0, FailureCause.Lost, $"The attempt could not be started: {e.Message}"));
        }
        return true;
    }

    private TrainingAssignment Assignment(RunAttempt attempt, SlotLease lease, DateTimeOffset? waiting) => owner.Assign(attempt, lease.Device) with
    {
        Group = lease.Slots.Length > 1 ? lease.Slots : [],
        MeanTimeToFailure = MeanTimeToFailure.Of(Run),
        WaitingSince = waiting,
        SubmittedIn = Run.SubmittedIn,
    };

    private Task<T> AskTrainerAsync<T>(Func<ITrainerGrain, Task<T>> call) =>
        MisroutedCall.AvoidedAsync(Worker, () => call(grains.GetGrain<ITrainerGrain>(owner.NewestAttempt.ToString())));
}
