using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Recording;

/// <summary>
/// When stage 1 has gone far enough: the degraded network is calibrated on the untrained student's noisy samples, at the noise levels that the host of stage 2
/// hears. Where the teacher is calibrated on enough of them no step is made, and the trajectory is the teacher alone.
/// </summary>
public sealed record CalibrationGoal
{
    /// <summary>The part of the samples on which the teacher must be calibrated for the host to do without a trajectory.</summary>
    [Range(0.0, 1.0)]
    public double Enough { get; init; } = 0.1;

    /// <summary>The part of the samples on which the last node is calibrated.</summary>
    [Range(0.0, 1.0)]
    public double Least { get; init; } = 0.8;

    /// <summary>Steps between two looks.</summary>
    [Range(1, 1_000_000)]
    public int Every { get; init; } = 4;
}
