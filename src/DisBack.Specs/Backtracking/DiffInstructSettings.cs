using System.Text.Json.Serialization;
using DisBack.Specs.Training;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// Diff-Instruct: what is pushed into an image is D_fake - D_target. The fake score moves first, and the generator on images of its own with the same labels;
/// with the published rates.
/// </summary>
public sealed record DiffInstructSettings : ScoreMatchingSettings
{
    /// <summary>The published settings where they differ from those of the other hosts.</summary>
    public DiffInstructSettings()
    {
        Generator = Fake = new OptimizerSettings { LearningRate = 1e-5 };
        Ema = new() { HalfLifeImages = 500_000, RampUp = 0.05 };
    }

    /// <summary>
    /// Whether the generator in its step and both scores drop activations, with the probability that the teacher was trained with: target and fake score the
    /// same ones. Published with 0.13.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Dropout { get; init; }

    /// <summary>
    /// How images are augmented before the fake score learns them, with labels that tell it so; absent: not at all. Published with a probability of 0.12. The
    /// teacher's network needs <c>augment_dim: 9</c>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AugmentationSettings? Augmentation { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise, OfResidual: 1);
}
