namespace DisBack.Storage.Metrics;

/// <summary>What a run has measured of one metric, in the order of the steps; of equal steps in the order in which they were written.</summary>
/// <param name="Steps">The step of each measurement.</param>
/// <param name="Values">Its value; may be NaN or infinite.</param>
/// <param name="Ticks">Its time in ticks of 100 ns since the year 1, UTC.</param>
public sealed record MetricColumns(ReadOnlyMemory<long> Steps, ReadOnlyMemory<double> Values, ReadOnlyMemory<long> Ticks)
{
    /// <summary>How many measurements there are.</summary>
    public int Count => Steps.Length;
}

/// <summary>What a run has measured, metric by metric.</summary>
/// <param name="Metrics">The measurements of each metric.</param>
/// <param name="Damage">What could not be read and is missing: a sentence each.</param>
public sealed record MeasuredRun(IReadOnlyDictionary<string, MetricColumns> Metrics, IReadOnlyList<string> Damage)
{
    private const long BytesOfPoint = 24;

    /// <summary>About how much memory it takes.</summary>
    internal long Bytes => 1024 + Metrics.Sum(metric => 256 + BytesOfPoint * metric.Value.Count);
}
