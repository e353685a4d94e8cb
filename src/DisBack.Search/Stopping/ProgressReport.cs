namespace DisBack.Search.Stopping;

/// <summary>How a trial does.</summary>
/// <param name="Trial">The ordinal of the trial.</param>
/// <param name="Resource">How far it has come, a finite number that rises: steps, or positions on a trajectory.</param>
/// <param name="Value">What it has achieved there.</param>
public readonly record struct ProgressReport(long Trial, double Resource, double Value);
