using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Noise;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// Score identity distillation: the Fisher divergence by two identities of scores, whose gradient also flows through the target and the fake score; with its
/// published noise levels and alpha.
/// </summary>
public sealed record SidSettings : ScoreMatchingSettings
{
    /// <summary>The published settings where they differ from those of the other hosts.</summary>
    public SidSettings() => Noise = new KarrasGridNoise { First = 0, Last = 800 };

    /// <summary>How much of the squared difference of the scores is taken off the loss; from 1 on the loss may fall below 0.</summary>
    [Range(-1.0, 2.0)]
    public double Alpha { get; init; } = 1.2;

    /// <summary>Noise levels at which the fake score is trained; <c>noise</c> is where the scores are compared.</summary>
    public NoiseLaw FakeNoise { get; init; } = new LogNormalNoise();

    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise, OfResidual: 1);
}
