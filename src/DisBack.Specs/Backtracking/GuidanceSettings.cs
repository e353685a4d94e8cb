using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// Classifier-free guidance: the target's answer with the class less its answer without one is counted <c>scale</c> times. It needs a teacher that was trained
/// with label dropout, and evaluates the target twice.
/// </summary>
public sealed record GuidanceSettings
{
    /// <summary>The scale at the teacher; 1 is no guidance, above it samples are more of their class and less varied.</summary>
    [Range(0.0, 100.0)]
    public double Scale { get; init; } = 1.5;

    /// <summary>The scale along the trajectory.</summary>
    public GuidanceSchedule Along { get; init; } = GuidanceSchedule.Rising;

    /// <summary>The scale for one target.</summary>
    /// <param name="position">Its place on the trajectory, between nodes too: 0 is the teacher.</param>
    /// <param name="last">The index of the last node.</param>
    public double At(double position, int last) => Along switch
    {
        GuidanceSchedule.Constant => Scale,
        GuidanceSchedule.Teacher => position == 0 ? Scale : 1,
        _ => last == 0 ? Scale : 1 + (Scale - 1) * (1 - position / last),
    };
}

/// <summary>How guidance changes along the trajectory.</summary>
public enum GuidanceSchedule
{
    /// <summary>From no guidance at the last node evenly to <c>scale</c> at the teacher: a degraded node was fitted to samples without any.</summary>
    Rising,

    /// <summary>The same for every target.</summary>
    Constant,

    /// <summary>None before the teacher is the target.</summary>
    Teacher,
}
