using System.Text.Json.Serialization;

namespace DisBack.Gateway.Checks;

/// <summary>What would become of a spec if it were submitted. With problems nothing else is known for certain, and what is not known is left out.</summary>
/// <param name="Kind">What it describes.</param>
/// <param name="Problems">Its mistakes; empty if it can be submitted.</param>
internal sealed record CheckedSpec(SpecKind Kind, IReadOnlyList<CheckedProblem> Problems)
{
    /// <summary>Its name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Id of the run or the sweep that it would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>Whether that is there already, so that nothing new would be begun.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Exists { get; init; }

    /// <summary>How many trials a sweep stands for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Trials { get; init; }

    /// <summary>The trajectories that its trials walk.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CheckedTrajectories? Trajectories { get; init; }

    /// <summary>Steps of stage 2, of all trials.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Steps { get; init; }

    /// <summary>Images that students make in training: steps times batch, of all trials.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Images { get; init; }

    /// <summary>Steps of stage 1 that are left to make.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? RecordingSteps { get; init; }

    /// <summary>How long one device would take; null where no complete run of the same teachers tells.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? DeviceSeconds { get; init; }

    /// <summary>How many runs tell it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MeasuredRuns { get; init; }
}
