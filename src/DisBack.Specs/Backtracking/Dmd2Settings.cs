using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Noise;
using DisBack.Specs.Training;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// DMD2: normalised distribution matching under the two-time-scale rule, with a discriminator on the features of the fake score and, so, with real images.
/// </summary>
/// <remarks>Losses are means over all elements, as in its code, so that its weights of losses and its largest norm of a gradient mean the same.</remarks>
public record Dmd2Settings : ScoreMatchingSettings
{
    /// <summary>The published settings where they differ from those of the other hosts.</summary>
    public Dmd2Settings()
    {
        FakeUpdatesPerGeneratorUpdate = 5;
        Noise = new KarrasGridNoise();
        Generator = Fake = new OptimizerSettings { LearningRate = 2e-6, Betas = [0.9, 0.999], WeightDecay = 0.01, ClipNorm = 10, WarmupIterations = 500 };
    }

    /// <summary>Whether the fake score rests in iterations in which the generator moves, as in FastGen; in DMD2 it moves in every one.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Noise levels at which the fake score and the discriminator are trained; <c>noise</c> is where the scores are compared.</summary>
    public NoiseLaw FakeNoise { get; init; } = new KarrasGridNoise { First = 0, Last = 999 };

    /// <summary>The weight of the discriminator's verdict in the generator's loss. With this and the other weight 0 there is no discriminator.</summary>
    [Range(0.0, 1e3)]
    public double GeneratorGanWeight { get; init; } = 3e-3;

    /// <summary>The weight of the discriminator's loss beside that of the fake score.</summary>
    [Range(0.0, 1e3)]
    public double FakeGanWeight { get; init; } = 1e-2;

    /// <summary>Whose features the discriminator sees.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public GanFeatures GanFeatures { get; init; }

    /// <summary>
    /// The weight of approximate R1: the square of how much a real image's logit changes under small noise (arXiv 2501.08316, Eq. 4); 0 is none. FastGen
    /// takes 100 to 1000 with the teacher's features.
    /// </summary>
    [Range(0.0, 1e6)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double GanR1Weight { get; init; }

    /// <summary>Whether there is a discriminator.</summary>
    [JsonIgnore]
    public bool HasDiscriminator => FakeGanWeight > 0;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool CanAccumulate => true;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool NeedsData => HasDiscriminator;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var wrong in base.Validate(validationContext))
        {
            yield return wrong;
        }
        if (!HasDiscriminator && GeneratorGanWeight > 0)
        {
            yield return new ValidationResult(
                "a discriminator that is never trained would be followed; set generator_gan_weight to 0 too, or this above 0", [nameof(FakeGanWeight)]);
        }
        if (Exclusive && FakeUpdatesPerGeneratorUpdate == 1)
        {
            yield return new ValidationResult(
                "the fake score would never move, as the generator moves in every iteration; set fake_updates_per_generator_update to 2 or more",
                [nameof(Exclusive)]);
        }
    }
}

/// <summary>A network whose features a discriminator sees.</summary>
public enum GanFeatures
{
    /// <summary>The fake score's, which learns from the discriminator's loss too, as in DMD2.</summary>
    FakeScore,

    /// <summary>The teacher's, which stay as they are, as in FastGen.</summary>
    Teacher,
}
