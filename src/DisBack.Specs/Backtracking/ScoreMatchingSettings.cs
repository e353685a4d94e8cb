using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Noise;
using DisBack.Specs.Training;

namespace DisBack.Specs.Backtracking;

/// <summary>Hosts that compare the target's score with that of a fake score, which follows the generator (Eqs. (5) and (8)).</summary>
public abstract record ScoreMatchingSettings : BacktrackingSettings
{
    /// <summary>Two-time-scale rule: the generator moves in every n-th iteration, the fake score in every one.</summary>
    [Range(1, 1000)]
    public int FakeUpdatesPerGeneratorUpdate { get; init; } = 1;

    /// <summary>Noise levels at which the scores are compared and the fake score is trained.</summary>
    public NoiseLaw Noise { get; init; } = new LogNormalNoise();

    /// <summary>How the fake score is updated.</summary>
    public OptimizerSettings Fake { get; init; } = new() { LearningRate = 5e-4 };

    /// <summary>
    /// The node whose weights the fake score begins with: 0 is the teacher; absent is the last one. On a shorter trajectory it is the last one too.
    /// </summary>
    [Range(0, int.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? FakeStart { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override HostSignal Signal => new(Noise);

    /// <inheritdoc/>
    public override int FakeStartOf(int nodes) => Math.Min(FakeStart ?? nodes - 1, nodes - 1);

    /// <inheritdoc/>
    [JsonIgnore]
    public override long GeneratorUpdates => (Steps + FakeUpdatesPerGeneratorUpdate - 1) / FakeUpdatesPerGeneratorUpdate;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var wrong in base.Validate(validationContext))
        {
            yield return wrong;
        }
        if (FakeUpdatesPerGeneratorUpdate > Steps)
        {
            yield return new ValidationResult(
                $"the generator would move in every {FakeUpdatesPerGeneratorUpdate}th of only {Steps} steps, that is never; lower it or raise "
                    + "backtracking.steps",
                [nameof(FakeUpdatesPerGeneratorUpdate)]);
        }
    }
}
