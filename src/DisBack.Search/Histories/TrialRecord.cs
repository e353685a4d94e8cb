namespace DisBack.Search.Histories;

/// <summary>A trial of a sweep, as far as choosing further points goes.</summary>
/// <param name="Ordinal">Its number in the sweep, from 0: the one that its point was proposed for.</param>
/// <param name="Point">The values of its active parameters by name.</param>
/// <param name="Outcome">What has become of it.</param>
public sealed record TrialRecord(long Ordinal, IReadOnlyDictionary<string, double> Point, TrialOutcome Outcome);
