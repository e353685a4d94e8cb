using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Backtracking;

/// <summary>The one-step generator G(z) = D(sigma_init * z; sigma_init), a clone of the teacher before it is trained.</summary>
public sealed record StudentSettings
{
    /// <summary>The noise level the generator is fed at. Near sigma_data an untrained student shows denoised noise, far above it the mean image.</summary>
    [Range(1e-3, 1e4)]
    public double SigmaInit { get; init; } = 2.5;
}
