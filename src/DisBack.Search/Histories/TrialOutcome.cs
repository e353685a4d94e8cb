namespace DisBack.Search.Histories;

/// <summary>What has become of a trial.</summary>
public abstract record TrialOutcome
{
    private protected TrialOutcome()
    {
    }
}

/// <summary>It has finished.</summary>
/// <param name="Value">Its final value; one that is not a number makes it a failed trial.</param>
public sealed record CompleteOutcome(double Value) : TrialOutcome;

/// <summary>It was stopped early.</summary>
/// <param name="Step">How far it came.</param>
/// <param name="Value">Its value there.</param>
public sealed record PrunedOutcome(double Step, double Value) : TrialOutcome;

/// <summary>It ended without a value.</summary>
public sealed record FailedOutcome : TrialOutcome;

/// <summary>It has not ended.</summary>
public sealed record RunningOutcome : TrialOutcome;
