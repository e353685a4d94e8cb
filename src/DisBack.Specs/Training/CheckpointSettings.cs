using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Training;

/// <summary>When a run is made durable.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Most steps between two checkpoints. The end of a stage is always one, and a run whose attempts are lost makes as many more as pay.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 50;

    /// <summary>How many of the newest checkpoints a run refers to; a damaged one falls back to the one before.</summary>
    [Range(1, 1000)]
    public int Keep { get; init; } = 3;

    /// <summary>Whether the run also keeps the earliest checkpoint of each node that was its target, from which others can start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PerNode { get; init; }
}
