namespace DisBack.Gateway.Notifications;

/// <summary>How long things take.</summary>
internal sealed record NotificationPace
{
    /// <summary>Between two looks at the tables.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two signs of the gateway that follows a rule.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without such a sign another gateway follows the rule.</summary>
    public TimeSpan Takeover { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How late a change may be found behind others; for so long what was told of it is remembered.</summary>
    public TimeSpan Lateness { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What a receiver may take to answer.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before the second attempt; each later pause is twice as long on average.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest pause, unless the receiver asks for another.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>What a gateway that stops leaves to the requests that are under way.</summary>
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After this a notification is given up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromDays(1);
}
