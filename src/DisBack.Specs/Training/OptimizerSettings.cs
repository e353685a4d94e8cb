using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Training;

/// <summary>Adam and what is done to its gradient and learning rate.</summary>
public sealed record OptimizerSettings : IValidatableObject
{
    /// <summary>Adam's step size after the ramp.</summary>
    [Range(1e-9, 1.0)]
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Decay rates of Adam's first and second moments.</summary>
    [Length(2, 2)]
    public IReadOnlyList<double> Betas { get; init; } = [0.0, 0.999];

    /// <summary>Added to the root of Adam's second moment.</summary>
    [Range(1e-16, 1.0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Steps over which the learning rate rises linearly from 0; 0 starts at full rate.</summary>
    [Range(0, int.MaxValue)]
    public int RampSteps { get; init; }

    /// <summary>
    /// Iterations over which the learning rate rises linearly, from 0 in the first: of all iterations of the stage, whether this network moves in them or not
    /// (DMD2). 0 starts at full rate.
    /// </summary>
    [Range(0, int.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int WarmupIterations { get; init; }

    /// <summary>The part of the run, at its end, over which the learning rate falls to 0 along a cosine; 0 never lets it fall.</summary>
    [Range(0.0, 1.0)]
    public double CooldownFraction { get; init; }

    /// <summary>Largest L2 norm of the whole gradient; a longer one is scaled down to it. Absent: never clipped.</summary>
    [Range(1e-9, 1e12)]
    public double? ClipNorm { get; init; }

    /// <summary>Decoupled weight decay (AdamW): the part of every weight that is taken away per unit of the learning rate; 0 takes nothing.</summary>
    [Range(0.0, 10.0)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double WeightDecay { get; init; }

    /// <summary>
    /// How Adam's moments are kept: <c>float32</c>, <c>bfloat16</c> or <c>int8</c>, which take 8, 4 and 2 bytes for each trained weight. Weights and gradients
    /// are float32 with each.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public MomentType Moments { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Betas.Any(beta => beta is not (>= 0 and < 1)))
        {
            yield return new ValidationResult($"Adam's decay rates are [{string.Join(", ", Betas)}]; both must be at least 0 and below 1", [nameof(Betas)]);
        }
    }

    /// <summary>The learning rate of one update.</summary>
    /// <param name="step">Updates made so far.</param>
    /// <param name="steps">Updates of the whole run.</param>
    /// <param name="iteration">The iteration of the stage, from 0, in which it is made.</param>
    public double RateAt(long step, long steps, long iteration)
    {
        var warmup = WarmupIterations > 0 ? Math.Min((double)iteration / WarmupIterations, 1.0) : 1.0;
        var ramp = RampSteps > 0 ? Math.Min((step + 1.0) / RampSteps, 1.0) : 1.0;
        var cooldown = steps * CooldownFraction;
        var into = step - (steps - cooldown);
        var fall = cooldown > 0 && into > 0 ? 0.5 * (1 + Math.Cos(Math.PI * into / cooldown)) : 1.0;
        return LearningRate * warmup * ramp * fall;
    }
}
