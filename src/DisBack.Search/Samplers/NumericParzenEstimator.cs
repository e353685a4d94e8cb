using DisBack.Search.Spaces;
using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace DisBack.Search.Samplers;

/// <summary>
/// Normal components on the axis of a domain, cut off at its ends. Each is centred on a value and as wide as the larger distance to its two neighbours, the
/// prior's centre among them, but at least 1/min(100, n + 2) of the axis for n values; the prior has the middle of the axis and is as wide as the axis.
/// </summary>
/// <remarks>
/// Values of a grid have the probabilities of their cells. Elsewhere the density of a component leaves out the factor 1/width of a normal distribution, as
/// Optuna 3.1.0 does, so that it is not the density of what <see cref="Sample"/> draws: narrow components count for less. With the factor the sampler comes
/// out worse on every function of the samplers' benchmark.
/// </remarks>
internal sealed class NumericParzenEstimator : ParzenEstimator
{
    /// <summary>So many widths away a component, which is at least a hundredth as wide as the prior, adds less than 1e-15 of what the prior adds.</summary>
    private const double Reach = 9;

    private readonly NumericDomain _domain;
    private readonly double _low;
    private readonly double _high;

    // The components in the order of their centres. A factor is the weight over the mass that is left between the ends.
    private readonly double[] _centres;
    private readonly double[] _widths;
    private readonly double[] _weights;
    private readonly double[] _factors;

    public NumericParzenEstimator(NumericDomain domain, double[] values)
    {
        _domain = domain;
        (_low, _high) = (domain.AxisLow, domain.AxisHigh);
        var (range, prior) = (_high - _low, values.Length);
        double[] sorted = [.. Array.ConvertAll(values, domain.ToAxis), (_low + _high) / 2];
        var order = SortedOrder.Sort(sorted);
        var weights = Weights(values.Length);
        var narrowest = range / Math.Min(100, sorted.Length + 1);
        (_centres, _widths, _weights) = (new double[sorted.Length], new double[sorted.Length], new double[sorted.Length]);
        var count = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            // An end of the axis is no neighbour.
            var below = i == 0 ? 0 : sorted[i] - sorted[i - 1];
            var above = i == sorted.Length - 1 ? 0 : sorted[i + 1] - sorted[i];
            var width = order[i] == prior ? range : Math.Clamp(Math.Max(below, above), narrowest, range);
            // Equal components are one, of which a coarse grid has many.
            if (count == 0 || _centres[count - 1] != sorted[i] || _widths[count - 1] != width)
            {
                (_centres[count], _widths[count]) = (sorted[i], width);
                count++;
            }
            _weights[count - 1] += weights[order[i]];
        }
        // The other arrays are as long as they may be; nobody looks beyond the centres.
        Array.Resize(ref _centres, count);
        _factors = new double[count];
        for (var i = 0; i < count; i++)
        {
            _factors[i] = _weights[i] / Mass((_low - _centres[i]) / _widths[i], (_high - _centres[i]) / _widths[i]);
        }
    }

    public override double Sample(double first, double second)
    {
        var i = 0;
        for (; i < _centres.Length - 1 && first >= _weights[i]; i++)
        {
            first -= _weights[i];
        }
        var (a, b) = ((_low - _centres[i]) / _widths[i], (_high - _centres[i]) / _widths[i]);
        var z = Normal.InvCDF(0, 1, Below(a) + second * Mass(a, b));
        return _domain.FromAxis(Math.Clamp(_centres[i] + _widths[i] * z, _low, _high));
    }

    public override double LogDensity(double value)
    {
        var x = _domain.ToAxis(value);
        return Math.Log(_domain.Cell is { } cell ? Probability(Math.Max(_low, x - cell / 2), Math.Min(_high, x + cell / 2)) : Density(x));
    }

    private double Density(double x)
    {
        var sum = 0.0;
        for (var i = 0; i < _centres.Length; i++)
        {
            // Most components are out of reach, and a product is cheaper than a quotient.
            var distance = x - _centres[i];
            if (Math.Abs(distance) < Reach * _widths[i])
            {
                var z = distance / _widths[i];
                sum += _factors[i] * Math.Exp(-z * z / 2);
            }
        }
        return sum / Constants.Sqrt2Pi;
    }

    private double Probability(double from, double to)
    {
        var sum = 0.0;
        for (var i = 0; i < _centres.Length; i++)
        {
            var (a, b, reach) = (from - _centres[i], to - _centres[i], Reach * _widths[i]);
            if (a < reach && b > -reach)
            {
                sum += _factors[i] * Mass(a / _widths[i], b / _widths[i]);
            }
        }
        return sum;
    }

    /// <summary>The standard normal distribution between two numbers, from the tail that loses no digits.</summary>
    private static double Mass(double a, double b) => a > 0 ? Below(-a) - Below(-b) : b < 0 ? Below(b) - Below(a) : 1 - Below(a) - Below(-b);

    private static double Below(double z) => z < -Reach ? 0 : z > Reach ? 1 : SpecialFunctions.Erfc(-z / Constants.Sqrt2) / 2;
}
