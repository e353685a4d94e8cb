using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Backtracking;

/// <summary>f-distill: DMD2 for any f-divergence, by weighting each sample with the density ratio that the discriminator's logit tells.</summary>
public sealed record FDistillSettings : Dmd2Settings
{
    /// <summary>The divergence that is minimised.</summary>
    public Divergence Divergence { get; init; } = Divergence.JensenShannon;

    /// <summary>The density ratio is kept between this and its inverse.</summary>
    [Range(1.0, 1e6)]
    public double LargestRatio { get; init; } = 10;

    /// <inheritdoc/>
    /// <remarks>Each weight of a sample depends on the whole batch.</remarks>
    [JsonIgnore]
    public override bool CanAccumulate => false;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var wrong in base.Validate(validationContext))
        {
            yield return wrong;
        }
        if (!HasDiscriminator)
        {
            yield return new ValidationResult("the density ratio is read from the discriminator; set it above 0", [nameof(FakeGanWeight)]);
        }
    }
}

/// <summary>An f-divergence of the target from the student.</summary>
public enum Divergence
{
    /// <summary>Kullback-Leibler of the student from the target, which DMD2 minimises; seeks modes.</summary>
    ReverseKl,

    /// <summary>Kullback-Leibler of the target from the student; covers modes.</summary>
    ForwardKl,

    /// <summary>Jensen-Shannon.</summary>
    JensenShannon,

    /// <summary>The sum of both of Kullback and Leibler.</summary>
    Jeffreys,

    /// <summary>Squared Hellinger.</summary>
    Hellinger,

    /// <summary>Reverse Kullback-Leibler against the mixture of both.</summary>
    SoftenedReverseKl,
}
