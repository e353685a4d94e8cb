namespace DisBack.Search.Spaces;

/// <summary>When a parameter is active: another parameter is active and has one of some values.</summary>
/// <param name="Parameter">The name of the other parameter, which has separate values: categories, whole numbers or a step.</param>
/// <param name="Values">Its values that count, at least one.</param>
public sealed record Condition(string Parameter, IReadOnlyList<double> Values);
