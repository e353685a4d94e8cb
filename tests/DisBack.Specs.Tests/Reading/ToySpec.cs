using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Tests.Reading;

/// <summary>A spec with one property of every kind that specs have.</summary>
[Description("A toy.")]
public sealed record ToySpec : IValidatableObject
{
    [Description("Its name."), RegularExpression("^[a-z0-9-]+$", ErrorMessage = "lower-case letters, digits and dashes")]
    public required string Name { get; init; }

    [Description("Seed."), Range(0, long.MaxValue)]
    public long Seed { get; init; }

    [Description("A training.")]
    public ToyTraining Training { get; init; } = new();

    [Description("When to move on.")]
    public ToyPolicy Policy { get; init; } = new NeverPolicy();

    [Description("Where to look."), MinLength(1)]
    public IReadOnlyList<string> Folders { get; init; } = ["here"];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Policy is EveryPolicy every && every.Interval > Training.Steps)
            yield return new ValidationResult($"the interval {every.Interval} is longer than the {Training.Steps} steps of the training", ["Policy.Interval"]);
    }
}

public sealed record ToyTraining : IValidatableObject
{
    [Description("Steps."), Range(1, int.MaxValue)]
    public int Steps { get; init; } = 10;

    [Description("Rate."), Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double Rate { get; init; } = 1e-3;

    [Description("Betas."), Length(2, 2), Range(0.0, 1.0)]
    public IReadOnlyList<double> Betas { get; init; } = [0.0, 0.999];

    [Description("Clip, or null."), Range(0.0, double.MaxValue)]
    public double? Clip { get; init; }

    [Description("Channels."), AllowedValues(null, 1, 3)]
    public int? Channels { get; init; }

    [Description("Dry.")]
    public bool Dry { get; init; }

    [Description("Kind.")]
    public ToyKind Kind { get; init; } = ToyKind.SmallAndQuick;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Dry && Steps > 100)
            yield return new ValidationResult("a dry training has at most 100 steps", [nameof(Steps)]);
    }
}

public enum ToyKind { SmallAndQuick, Large }

[JsonPolymorphic(TypeDiscriminatorPropertyName = "policy")]
[JsonDerivedType(typeof(NeverPolicy), "never")]
[JsonDerivedType(typeof(EveryPolicy), "every")]
public abstract record ToyPolicy;

[Description("Never.")]
public sealed record NeverPolicy : ToyPolicy;

[Description("Every few steps.")]
public sealed record EveryPolicy : ToyPolicy
{
    [Description("Steps between."), Range(1, 1000)]
    public required int Interval { get; init; }
}
