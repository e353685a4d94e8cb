using System.Text.Json.Serialization;

namespace DisBack.Specs.Backtracking;

/// <summary>Plain Eq. (8): what is pushed into an image is (D_fake - D_target) / sigma^2.</summary>
public sealed record ScoreSettings : ScoreMatchingSettings
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise, OfResidual: 1, OfSigma: -2);
}
