using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Noise;

namespace DisBack.Specs.Training;

/// <summary>How a teacher is trained: denoising score matching on data, as EDM does.</summary>
public sealed record TeacherTrainingSettings : IValidatableObject
{
    /// <summary>Training steps.</summary>
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 3000;

    /// <summary>Images per step.</summary>
    [Range(1, 65536)]
    public int Batch { get; init; } = 128;

    /// <summary>
    /// Parts of equal size that the batch of a step is computed in, one after the other, for a batch that the memory does not hold at once; absent: one.
    /// </summary>
    [Range(1, 65536)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Accumulate { get; init; }

    /// <summary>How the network is updated.</summary>
    public OptimizerSettings Optimizer { get; init; } = new() { LearningRate = 1e-3, Betas = [0.9, 0.999] };

    /// <summary>Noise levels of the denoising loss.</summary>
    public NoiseLaw Noise { get; init; } = new LogNormalNoise();

    /// <summary>
    /// How images are augmented; absent: not at all. Without, a network may have an augment_dim all the same, and is told zeros.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AugmentationSettings? Augmentation { get; init; }

    /// <summary>The average of the weights that becomes the teacher.</summary>
    public EmaSettings Ema { get; init; } = new() { HalfLifeImages = 50_000 };

    /// <summary>Images that are computed at once.</summary>
    [JsonIgnore]
    public int BatchPart => Batch / (Accumulate ?? 1);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Accumulate is > 0 and var parts && Batch % parts != 0)
        {
            yield return new ValidationResult(
                $"a batch of {Batch} has no {parts} parts of equal size; choose a divisor of training.batch", [nameof(Accumulate)]);
        }
    }
}
