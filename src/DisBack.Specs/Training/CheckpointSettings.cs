using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Training;

/// <summary>When a run is made durable.</summary>
[Description("When a run is made durable.")]
public sealed record CheckpointSettings
{
    /// <summary>Steps between two checkpoints. The end of a stage is always one.</summary>
    [Description("Steps between two checkpoints. The end of a stage is always one.")]
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 50;

    /// <summary>How many of the newest checkpoints a run refers to; a damaged one falls back to the one before.</summary>
    [Description("How many of the newest checkpoints a run refers to; a damaged one falls back to the one before.")]
    [Range(1, 1000)]
    public int Keep { get; init; } = 3;
}
