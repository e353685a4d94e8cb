using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Training;

/// <summary>Exponential moving average of the weights, counted in images as EDM does.</summary>
public sealed record EmaSettings
{
    /// <summary>After how many images an old weight counts half.</summary>
    [Range(1.0, 1e12)]
    public double HalfLifeImages { get; init; } = 10_000;

    /// <summary>The half-life is never longer than this part of the images seen so far, so that the start is forgotten; absent: constant half-life.</summary>
    [Range(1e-6, 1.0)]
    public double? RampUp { get; init; } = 0.05;

    /// <summary>The weight that the old average keeps in one update.</summary>
    /// <param name="batch">Images of this step.</param>
    /// <param name="images">Images seen up to and including this step.</param>
    public double DecayAt(long batch, long images)
    {
        var halfLife = RampUp is { } part ? Math.Min(HalfLifeImages, images * part) : HalfLifeImages;
        return Math.Pow(0.5, batch / Math.Max(halfLife, 1e-8));
    }
}
