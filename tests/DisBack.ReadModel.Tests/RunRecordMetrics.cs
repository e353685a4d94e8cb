using System.Collections.Immutable;
using DisBack.Contracts.Documents;

namespace DisBack.ReadModel.Tests;

/// <summary>Measurements of a run.</summary>
internal static class RunRecordMetrics
{
    public static ImmutableSortedDictionary<string, MetricValue> Of(params (string Name, double Value)[] values) =>
        values.ToImmutableSortedDictionary(value => value.Name, value => new MetricValue(value.Value, 1), StringComparer.Ordinal);
}
