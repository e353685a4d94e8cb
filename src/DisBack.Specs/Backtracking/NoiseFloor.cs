using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// The lowest noise of stage 2, for a host that hears so little noise that the target does not know the student's samples there: what it tells the student then
/// is not about the data. Lower noise is raised to the lowest level at which the target, when it is new, knows what the student makes.
/// </summary>
public sealed record NoiseFloor
{
    /// <summary>
    /// The part of the student's noisy samples, counted by what the host hears, that the target must know for there to be no floor. The host is then as it is
    /// without this, bit for bit. 0: there is never a floor.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Enough { get; init; } = 0.1;
}
