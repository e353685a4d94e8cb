using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Tests.Reading;

/// <summary>A spec with one property of every kind that specs have.</summary>
public sealed record ToySpec : IValidatableObject
{
    /// <summary>Its name.</summary>
    [RegularExpression("^[a-z0-9-]+$", ErrorMessage = "lower-case letters, digits and dashes")]
    public required string Name { get; init; }

    /// <summary>Seed.</summary>
    [Range(0, long.MaxValue)]
    public long Seed { get; init; }

    /// <summary>A training.</summary>
    public ToyTraining Training { get; init; } = new();

    /// <summary>When to move on.</summary>
    public ToyPolicy Policy { get; init; } = new NeverPolicy();

    /// <summary>Where to look.</summary>
    [MinLength(1)]
    public IReadOnlyList<string> Folders { get; init; } = ["here"];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Policy is EveryPolicy every && every.Interval > Training.Steps)
        {
            yield return new ValidationResult($"the interval {every.Interval} is longer than the {Training.Steps} steps of the training", ["Policy.Interval"]);
        }
    }
}

public sealed record ToyTraining : IValidatableObject
{
    /// <summary>Steps.</summary>
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 10;

    /// <summary>Rate.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double Rate { get; init; } = 1e-3;

    /// <summary>Betas.</summary>
    [Length(2, 2), Range(0.0, 1.0)]
    public IReadOnlyList<double> Betas { get; init; } = [0.0, 0.999];

    /// <summary>
    /// Clip, or <see langword="null"/>; <c>none</c> in a <see cref="Dry"/> training,
    /// or one that is <see cref="ToyKind.SmallAndQuick"/>.
    /// </summary>
    [Range(0.0, double.MaxValue)]
    public double? Clip { get; init; }

    /// <summary>Channels.</summary>
    [AllowedValues(null, 1, 3)]
    public int? Channels { get; init; }

    /// <summary>Dry.</summary>
    public bool Dry { get; init; }

    /// <summary>Kind.</summary>
    public ToyKind Kind { get; init; } = ToyKind.SmallAndQuick;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Dry && Steps > 100)
        {
            yield return new ValidationResult("a dry training has at most 100 steps", [nameof(Steps)]);
        }
    }
}

public enum ToyKind { SmallAndQuick, Large }

[JsonPolymorphic(TypeDiscriminatorPropertyName = "policy")]
[JsonDerivedType(typeof(NeverPolicy), "never")]
[JsonDerivedType(typeof(EveryPolicy), "every")]
public abstract record ToyPolicy;

/// <summary>Never.</summary>
public sealed record NeverPolicy : ToyPolicy;

/// <summary>Every few steps.</summary>
public sealed record EveryPolicy : ToyPolicy
{
    /// <summary>Steps between.</summary>
    [Range(1, 1000)]
    public required int Interval { get; init; }
}
