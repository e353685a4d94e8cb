using System.Text.Json.Serialization;
using DisBack.Specs.Noise;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// Score GAN: what is pushed into an image is (D_fake - D_target) / sigma, and the fake score's loss is not weighted. Its generator is a decoder,
/// <c>student.decoder</c>; with its published noise levels, rates and ratio.
/// </summary>
public sealed record ScoreGanSettings : ScoreMatchingSettings
{
    /// <summary>The published settings where they differ from those of the other hosts.</summary>
    public ScoreGanSettings()
    {
        FakeUpdatesPerGeneratorUpdate = 4;
        Batch = 32;
        Noise = new KarrasNoise { Min = 0.32, Max = 40, Rho = 3 };
        Generator = new() { LearningRate = 2e-4, Betas = [0.9, 0.999] };
        Fake = new() { LearningRate = 4e-4, Betas = [0.9, 0.999] };
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise, OfResidual: 1, OfSigma: -1);
}
