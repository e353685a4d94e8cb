using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Sweeps;

/// <summary>What the trials of a sweep may use together. A trial that would be too much does not begin, and none does after it; those under way end.</summary>
/// <remarks>
/// Steps and images are those of stage 2, because a trajectory is shared and may be there already. A trial counts as its spec says, one that was stopped early
/// up to the evaluation that did it: so the same trials begin however often the sweep is interrupted. Seconds are measured.
/// </remarks>
public sealed record SweepBudget : IValidatableObject
{
    /// <summary>Steps of stage 2.</summary>
    [Range(1, long.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Steps { get; init; }

    /// <summary>Images that the students make in training: steps times batch.</summary>
    [Range(1, long.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Images { get; init; }

    /// <summary>Seconds that the attempts of the trials have had slots, once for each slot of several workers.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? DeviceSeconds { get; init; }

    /// <summary>Seconds since the sweep was submitted, those in which it was paused included.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? WallSeconds { get; init; }

    /// <summary>Whether what a trial will use has to be known before it begins.</summary>
    [JsonIgnore]
    public bool CountsTraining => Steps is not null || Images is not null;

    /// <summary>A budget of nothing.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (this is { Steps: null, Images: null, DeviceSeconds: null, WallSeconds: null })
        {
            yield return new ValidationResult("the budget limits nothing; give 'steps', 'images', 'device_seconds' or 'wall_seconds', or leave it out", [""]);
        }
    }
}
