using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Recording;

/// <summary>When the loss of stage 1 has stopped falling: twice in a row its mean over a window was hardly below that of the window before.</summary>
public sealed record LossPlateau
{
    /// <summary>Steps of a window.</summary>
    [Range(1, 1_000_000)]
    public int Window { get; init; } = 16;

    /// <summary>A fall of less than this part of the mean is none.</summary>
    [Range(0.0, 1.0)]
    public double Change { get; init; } = 0.01;
}
