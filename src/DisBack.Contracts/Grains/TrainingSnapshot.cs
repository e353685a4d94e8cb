using System.Collections.Immutable;
using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>What a training thread publishes of itself: the newest is always enough, so readers may skip any.</summary>
[GenerateSerializer, Immutable, Alias("disback.TrainingSnapshot.v1")]
public sealed record TrainingSnapshot
{
    /// <summary>What goes on, for people: <c>starting</c>, <c>recording</c>, <c>backtracking</c>, <c>evaluating</c>.</summary>
    [Id(0)] public string Stage { get; init; } = "";

    /// <summary>Steps done.</summary>
    [Id(1)] public long Step { get; init; }

    /// <summary>Steps in all.</summary>
    [Id(2)] public long Steps { get; init; }

    /// <summary>Steps per second over the last seconds; 0 until measured.</summary>
    [Id(3)] public double StepsPerSecond { get; init; }

    /// <summary>Trajectory node that is the target; -1 where there is none.</summary>
    [Id(4)] public int TargetIndex { get; init; } = -1;

    /// <summary>Latest scalars by name, for example <c>loss/fake</c> or <c>fid</c>, each with the step it belongs to; all finite.</summary>
    [Id(5)] public ImmutableSortedDictionary<string, MetricValue> Metrics { get; init; } = ImmutableSortedDictionary<string, MetricValue>.Empty;

    /// <summary>
    /// Lowest values of this attempt where lower is better (<see cref="MetricNames"/>): evaluations may follow one another quicker than snapshots are read.
    /// </summary>
    [Id(6)] public ImmutableSortedDictionary<string, MetricValue> Best { get; init; } = ImmutableSortedDictionary<string, MetricValue>.Empty;
}
