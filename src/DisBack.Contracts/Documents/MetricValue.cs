namespace DisBack.Contracts.Documents;

/// <summary>A metric's value and the step it belongs to.</summary>
/// <param name="Value">The value; always finite.</param>
/// <param name="Step">Training step.</param>
[GenerateSerializer, Immutable, Alias("disback.MetricValue.v1")]
public sealed record MetricValue([property: Id(0)] double Value, [property: Id(1)] long Step);
