using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// The generator, in one step G(z) = D(sigma_init * z; sigma_init) or in a few: a clone of the teacher before it is trained, or a network of its own.
/// </summary>
public sealed record StudentSettings : IValidatableObject
{
    /// <summary>The noise level the generator is fed at. Near sigma_data an untrained student shows denoised noise, far above it the mean image.</summary>
    [Range(1e-3, 1e4)]
    public double SigmaInit { get; init; } = 2.5;

    /// <summary>
    /// Noise levels of further steps, falling: what has been made so far is noised to the level, with fresh noise, and denoised again. Absent: one step. In
    /// each iteration of training the student makes a random number of its steps, and the last of them learns.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Length(1, 63)]
    public IReadOnlyList<double>? RenoiseSigmas { get; init; }

    /// <summary>
    /// The generator's own architecture, with random initial weights that the seed of stage 1 decides; absent: a clone of the teacher with its weights.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetworkSettings? Network { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var before = SigmaInit;
        foreach (var sigma in RenoiseSigmas ?? [])
        {
            if (!(sigma > 0 && sigma < before))
            {
                yield return new ValidationResult(
                    FormattableString.Invariant($"the levels must fall from step to step and stay above 0, but {sigma} follows {before}"),
                    [nameof(RenoiseSigmas)]);
                yield break;
            }
            before = sigma;
        }
    }
}
