using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// Discriminator Flow, the baseline without a score: <c>student.flow</c> moves noise along the gradient of a discriminator, which this trains on real images
/// and on particles at random steps of their way. It has no target, so stage 1 records nothing.
/// </summary>
public sealed record DiscriminatorFlowSettings : BacktrackingSettings
{
    /// <summary>The published settings where they differ from those of the other hosts.</summary>
    public DiscriminatorFlowSettings()
    {
        Batch = 64;
        Generator = new() { LearningRate = 2e-4, Betas = [0.5, 0.999] };
    }

    /// <summary>The weight of the squared norm of the discriminator's gradient between real images and particles.</summary>
    [Range(0.0, 1e3)]
    public double GradientPenalty { get; init; } = 0.05;

    /// <inheritdoc/>
    [JsonIgnore]
    public override NoiseFloor FloorInForce => new() { Enough = 0 };

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool NeedsData => true;
}
