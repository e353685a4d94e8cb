using System.ComponentModel.DataAnnotations;
using DisBack.Contracts.Documents;
using DisBack.Specs.Reading;

namespace DisBack.Gateway.Notifications;

/// <summary>A rule as it is written: what is told to whom.</summary>
internal sealed record RuleSettings
{
    /// <summary>The name of the rule. What it has told is remembered under it.</summary>
    [RegularExpression(SpecName.Pattern, ErrorMessage = SpecName.Expected)]
    public required string Name { get; init; }

    /// <summary>Where notifications are posted.</summary>
    public required string Url { get; init; }

    /// <summary>The file of the secret that signs them, seen from the folder of the rules. Each line is a secret, and each signs.</summary>
    public required string SecretFile { get; init; }

    /// <summary>What is told of.</summary>
    [MinLength(1)]
    public IReadOnlyList<Subject> Of { get; init; } = Enum.GetValues<Subject>();

    /// <summary>The states that are told when something enters them.</summary>
    [MinLength(1)]
    public required IReadOnlyList<RunStatus> On { get; init; }

    /// <summary>A filter in the language of <c>--where</c> over the tables of <see cref="Of"/>; null lets everything through.</summary>
    [MaxLength(2000, ErrorMessage = "a filter of at most 2,000 characters")]
    public string? Where { get; init; }
}
