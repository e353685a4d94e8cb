using System.Globalization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace DisBack.Benchmarks.Science;

/// <summary>A geometric mean over seeds and its 95 % confidence interval by Student's t on logarithms, as FIDs and images spread by factors.</summary>
internal readonly record struct Interval(double Mean, double Low, double High, int Count)
{
    private const double Confidence = 0.95;

    public static Interval Of(IReadOnlyCollection<double> values)
    {
        var logs = values.Select(value => Math.Log(value)).ToArray();
        if (logs.Length < 2)
        {
            var only = logs.Length == 1 ? Math.Exp(logs[0]) : double.NaN;
            return new(only, double.NaN, double.NaN, logs.Length);
        }
        var reach = StudentT.InvCDF(0, 1, logs.Length - 1, (1 + Confidence) / 2) * logs.StandardDeviation() / Math.Sqrt(logs.Length);
        var mean = logs.Mean();
        return new(Math.Exp(mean), Math.Exp(mean - reach), Math.Exp(mean + reach), logs.Length);
    }

    public override string ToString() => Count switch
    {
        0 => "never",
        1 => string.Create(CultureInfo.InvariantCulture, $"{Mean:G3}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Mean:G3} ({Low:G3} to {High:G3})"),
    };
}
