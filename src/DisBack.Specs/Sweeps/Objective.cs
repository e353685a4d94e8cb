using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Sweeps;

/// <summary>What a sweep looks for.</summary>
public sealed record Objective
{
    /// <summary>A metric that the trials measure; its last value counts, which is that of the student they leave.</summary>
    [MinLength(1)]
    public string Metric { get; init; } = "fid";

    /// <summary>Which of two values is the better one.</summary>
    public Goal Goal { get; init; }
}

/// <summary>Which of two values is the better one.</summary>
public enum Goal
{
    /// <summary>The lower one.</summary>
    Minimize,

    /// <summary>The higher one.</summary>
    Maximize,
}
