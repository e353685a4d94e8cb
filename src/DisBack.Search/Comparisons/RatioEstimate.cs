using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace DisBack.Search.Comparisons;

/// <summary>How much longer, or shorter, one arm takes than another.</summary>
/// <param name="Ratio">Ratio of the geometric means of the two arms; null where there is none.</param>
/// <param name="Low">The lower end of its confidence interval; null where there is none.</param>
/// <param name="High">The upper end.</param>
/// <param name="Lack">What is missing, and why.</param>
public sealed record RatioEstimate(double? Ratio, double? Low, double? High, RatioLack Lack)
{
    /// <summary>The fewest runs of an arm with an interval.</summary>
    public const int FewestRuns = 3;

    /// <summary>The ratio of two arms, with Welch's t-interval of the difference of their logarithms.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="first">The arm that it is compared with.</param>
    /// <param name="confidence">How often such an interval holds the ratio, between 0 and 1.</param>
    public static RatioEstimate Of(TimeToQuality arm, TimeToQuality first, double confidence = 0.95)
    {
        if (!arm.IsComplete || !first.IsComplete)
        {
            return new(null, null, null, RatioLack.Censored);
        }
        if (arm.Places.Concat(first.Places).Any(place => place <= 0))
        {
            return new(null, null, null, RatioLack.FromTheStart);
        }
        var (a, b) = (Logarithms(arm), Logarithms(first));
        var difference = a.Mean() - b.Mean();
        var ratio = Math.Exp(difference);
        if (a.Length < FewestRuns || b.Length < FewestRuns)
        {
            return new(ratio, null, null, RatioLack.FewRuns);
        }
        var (ofA, ofB) = (SquaredError(a), SquaredError(b));
        if (ofA + ofB == 0)
        {
            return new(ratio, null, null, RatioLack.NoSpread);
        }
        // The degrees of freedom of Welch and Satterthwaite.
        var freedom = (ofA + ofB) * (ofA + ofB) / (ofA * ofA / (a.Length - 1) + ofB * ofB / (b.Length - 1));
        var half = StudentT.InvCDF(0, 1, freedom, (1 + confidence) / 2) * Math.Sqrt(ofA + ofB);
        return new(ratio, Math.Exp(difference - half), Math.Exp(difference + half), RatioLack.Nothing);
    }

    private static double[] Logarithms(TimeToQuality arm) => [.. arm.Places.Select(place => Math.Log(place!.Value))];

    /// <summary>The square of the standard error of a mean; 0 exactly where all are equal, of which rounding would leave something.</summary>
    private static double SquaredError(double[] values) => values.Distinct().Count() == 1 ? 0 : values.Variance() / values.Length;
}
