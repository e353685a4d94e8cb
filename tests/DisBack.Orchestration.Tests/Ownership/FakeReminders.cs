using Orleans.Timers;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>A server of reminders that notes what it is asked to do.</summary>
internal sealed class FakeReminders : IReminderRegistry
{
    private Reminder? _registered;

    public bool IsAway { get; set; }

    public List<string> Calls { get; } = [];

    public Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        Refuse();
        Calls.Add($"register {reminderName} {period}");
        return Task.FromResult<IGrainReminder>(_registered = new Reminder(reminderName));
    }

    public Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        Refuse();
        Calls.Add($"remove {reminder.ReminderName}");
        _registered = null;
        return Task.CompletedTask;
    }

    public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName)
    {
        Refuse();
        return Task.FromResult<IGrainReminder?>(_registered);
    }

    public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) => throw new NotSupportedException();

    private void Refuse()
    {
        if (IsAway)
        {
            throw new IOException("The server does not answer.");
        }
    }

    private sealed record Reminder(string ReminderName) : IGrainReminder;
}
