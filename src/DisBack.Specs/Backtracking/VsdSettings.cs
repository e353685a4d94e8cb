using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Backtracking;

/// <summary>Variational score distillation: what is pushed into an image is eps_target - eps_fake, that is (D_fake - D_target) / sigma.</summary>
public sealed record VsdSettings : ScoreMatchingSettings
{
    /// <summary>
    /// The rank of matrices that are added to the fake score's weights and trained in their place, as in the original; absent trains the weights.
    /// </summary>
    [Range(1, 4096)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? FakeRank { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise, OfResidual: 1, OfSigma: -1);
}
