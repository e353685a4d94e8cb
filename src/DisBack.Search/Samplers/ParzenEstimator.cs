using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// How values are distributed, estimated from some of them: a mixture with one component around each, and a prior over the whole domain that weighs as much as
/// a new value. The newest 25 values have weight 1; the weights of older ones rise in a line from 1/n, for the oldest of n, to 1.
/// </summary>
internal abstract class ParzenEstimator
{
    private const int FullWeights = 25;

    /// <summary>The estimator of a domain.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="values">Values of it, the oldest first.</param>
    public static ParzenEstimator Of(Domain domain, double[] values) => domain switch
    {
        NumericDomain numeric => new NumericParzenEstimator(numeric, values),
        CategoricalDomain categorical => new CategoricalParzenEstimator(categorical, values),
        _ => throw new NotSupportedException($"There is no Parzen estimator for {domain.GetType().Name}."),
    };

    /// <summary>A value that is distributed so.</summary>
    /// <param name="first">A uniform number of [0, 1).</param>
    /// <param name="second">Another one.</param>
    public abstract double Sample(double first, double second);

    /// <summary>The natural logarithm of a value's probability, or of its density for a continuum and for logarithmic integers.</summary>
    public abstract double LogDensity(double value);

    /// <summary>The weights of values, the oldest first, and last that of the prior; their sum is 1.</summary>
    protected static double[] Weights(int values)
    {
        var weights = new double[values + 1];
        Array.Fill(weights, 1);
        var ramp = values - FullWeights;
        var (first, rise) = (1.0 / values, (1 - 1.0 / values) / (ramp - 1));
        for (var i = 0; i < ramp; i++)
        {
            weights[i] = ramp == 1 ? first : first + i * rise;
        }
        var sum = weights.Sum();
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] /= sum;
        }
        return weights;
    }
}
