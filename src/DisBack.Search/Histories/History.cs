namespace DisBack.Search.Histories;

/// <summary>What a sweep knows when it asks for a point.</summary>
/// <param name="Direction">Which values are better.</param>
/// <param name="Trials">The trials so far, each once, in any order.</param>
public sealed record History(Direction Direction, IReadOnlyList<TrialRecord> Trials);
