using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Backtracking;

/// <summary>The one-step generator G(z) = D(sigma_init * z; sigma_init): a clone of the teacher before it is trained, or a network of its own.</summary>
public sealed record StudentSettings
{
    /// <summary>The noise level the generator is fed at. Near sigma_data an untrained student shows denoised noise, far above it the mean image.</summary>
    [Range(1e-3, 1e4)]
    public double SigmaInit { get; init; } = 2.5;

    /// <summary>
    /// The generator's own architecture, with random initial weights that the seed of stage 1 decides; absent: a clone of the teacher with its weights.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetworkSettings? Network { get; init; }
}
