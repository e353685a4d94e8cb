using System.Text.Json.Serialization;
using DisBack.Specs.Noise;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// Score distillation sampling, the reference point without a fake score: what is pushed into an image is eps_target - eps, that is (x0 - D_target) / sigma.
/// It seeks modes, and its images lose their variety.
/// </summary>
public sealed record SdsSettings : BacktrackingSettings
{
    /// <summary>Noise levels at which the target is asked.</summary>
    public NoiseLaw Noise { get; init; } = new LogNormalNoise();

    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise, OfResidual: 1, OfSigma: -1);
}
