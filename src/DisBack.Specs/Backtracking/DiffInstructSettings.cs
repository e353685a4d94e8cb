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

    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise, OfResidual: 1);
}
