namespace DisBack.Storage.Metrics;

/// <summary>Sorts points into the columns of their metrics.</summary>
internal sealed class MetricColumnsBuilder
{
    private readonly Dictionary<string, Columns> _metrics = new(StringComparer.Ordinal);
    private Columns? _last;

    public void Add(string name, long step, double value, long ticks)
    {
        // A run measures its metrics in turn, and the file has one text for all rows of a name.
        var columns = _last is not null && ReferenceEquals(_last.Name, name) ? _last : Of(name);
        columns.Steps.Add(step);
        columns.Values.Add(value);
        columns.Ticks.Add(ticks);
        _last = columns;
    }

    /// <summary>The columns in the order of their steps; of equal steps in that in which they were added.</summary>
    public IReadOnlyDictionary<string, MetricColumns> Finish() =>
        _metrics.ToDictionary(metric => metric.Key, metric => metric.Value.Sorted(), StringComparer.Ordinal);

    private Columns Of(string name)
    {
        if (!_metrics.TryGetValue(name, out var columns))
        {
            _metrics.Add(name, columns = new Columns(name));
        }
        return columns;
    }

    private sealed class Columns(string name)
    {
        public string Name { get; } = name;

        public List<long> Steps { get; } = [];

        public List<double> Values { get; } = [];

        public List<long> Ticks { get; } = [];

        public MetricColumns Sorted()
        {
            for (var i = 1; i < Steps.Count; i++)
            {
                if (Steps[i] < Steps[i - 1])
                {
                    int[] order = [.. Enumerable.Range(0, Steps.Count).OrderBy(index => Steps[index])];
                    return new(
                        order.Select(index => Steps[index]).ToArray(),
                        order.Select(index => Values[index]).ToArray(),
                        order.Select(index => Ticks[index]).ToArray());
                }
            }
            return new(Steps.ToArray(), Values.ToArray(), Ticks.ToArray());
        }
    }
}
