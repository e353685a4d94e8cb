using System.ComponentModel.DataAnnotations;

namespace DisBack.Gateway.Notifications;

/// <summary>The file of rules as it is written.</summary>
internal sealed record NotificationRules
{
    /// <summary>The address at which people reach the dashboard, for links; null makes none.</summary>
    public string? Dashboard { get; init; }

    /// <summary>The rules.</summary>
    [MinLength(1)]
    public required IReadOnlyList<RuleSettings> Rules { get; init; }
}
