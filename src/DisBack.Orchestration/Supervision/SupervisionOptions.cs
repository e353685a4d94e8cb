namespace DisBack.Orchestration.Supervision;

/// <summary>How the owners of unfinished runs are kept awake.</summary>
public sealed class SupervisionOptions
{
    /// <summary>How often a control silo sees to it that the supervisor is there. One second unless set.</summary>
    public TimeSpan Ensure { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the supervisor looks for unfinished runs, besides the times when a silo has died. Five minutes unless set.</summary>
    public TimeSpan Audit { get; set; } = TimeSpan.FromMinutes(5);
}
