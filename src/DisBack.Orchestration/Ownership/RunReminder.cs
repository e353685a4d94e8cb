using DisBack.Contracts.Grains;
using Microsoft.Extensions.Logging;
using Orleans.Timers;

namespace DisBack.Orchestration.Ownership;

/// <summary>
/// The reminder that wakes the owner of an unfinished run whose silo died. While the owner is awake its timer does more, so a server of reminders that
/// is away does no harm.
/// </summary>
internal sealed class RunReminder(IReminderRegistry reminders, GrainId owner, ILogger logger)
{
    /// <summary>Stored with the reminders of running clusters.</summary>
    private const string Name = "supervise";

    /// <summary>The shortest period that Orleans allows.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    private bool _isRegistered;

    /// <summary>Registers it unless that is done.</summary>
    public async Task EnsureAsync(RunAttempt attempt)
    {
        if (_isRegistered)
        {
            return;
        }
        try
        {
            await reminders.RegisterOrUpdateReminder(owner, Name, s_period, s_period);
            _isRegistered = true;
        }
        catch (Exception e)
        {
            // The next check of the run tries again.
            RunOwnerLog.ReminderMissing(logger, e, attempt);
        }
    }

    /// <summary>Removes it once the run has settled.</summary>
    public async Task ReleaseAsync(RunAttempt attempt)
    {
        if (!_isRegistered)
        {
            return;
        }
        _isRegistered = false;
        try
        {
            await RemoveAsync();
        }
        catch (Exception e)
        {
            // Its next tick finds the run settled and tries again.
            RunOwnerLog.ReminderLeft(logger, e, attempt);
        }
    }

    /// <summary>Removes it, also where an earlier activation registered it, because its run is about to be deleted.</summary>
    public async Task ForgetAsync(RunAttempt attempt)
    {
        try
        {
            await RemoveAsync();
        }
        catch (Exception e)
        {
            // Its next tick finds no run and tries again.
            RunOwnerLog.ReminderLeft(logger, e, attempt);
        }
    }

    /// <summary>Removes it if it is there, also where it was registered by an earlier activation.</summary>
    public async Task RemoveAsync()
    {
        if (await reminders.GetReminder(owner, Name) is { } reminder)
        {
            await reminders.UnregisterReminder(owner, reminder);
        }
    }
}
