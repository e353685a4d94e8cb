using DisBack.Contracts.Documents;

namespace DisBack.Orchestration.Runs;

/// <summary>How often, and how soon, a failed attempt is followed by another one. A new checkpoint starts the count afresh.</summary>
public sealed class RetryOptions
{
    /// <summary>Failures in a row after which a crashing run is given up. Five unless set.</summary>
    public int Crashes { get; set; } = 5;

    /// <summary>The same for memory that runs out. Two unless set.</summary>
    public int OutOfMemory { get; set; } = 2;

    /// <summary>The same for storage that fails. Ten unless set.</summary>
    public int Storage { get; set; } = 10;

    /// <summary>The same for workers that are lost. Twenty unless set.</summary>
    public int Lost { get; set; } = 20;

    /// <summary>Wait before the second attempt; it doubles with every failure in a row. One second unless set.</summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait. One minute unless set.</summary>
    public TimeSpan LongestDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many failures in a row of a cause end the run; 0 for causes that another attempt would only repeat.</summary>
    internal int LimitOf(FailureCause cause) => cause switch
    {
        FailureCause.Crash => Crashes,
        FailureCause.OutOfMemory => OutOfMemory,
        FailureCause.Storage => Storage,
        FailureCause.Lost => Lost,
        _ => 0,
    };

    /// <summary>The wait before the next attempt, or null to give up.</summary>
    /// <param name="cause">Why the last attempt failed.</param>
    /// <param name="ofCause">Failures of that cause in a row, the last one included.</param>
    /// <param name="failures">Failures of all causes in a row: those that take turns come to an end, too.</param>
    internal TimeSpan? DelayAfter(FailureCause cause, int ofCause, int failures)
    {
        if (ofCause >= LimitOf(cause) || failures >= Math.Max(Math.Max(Crashes, OutOfMemory), Math.Max(Storage, Lost)))
        {
            return null;
        }
        // A worker that is gone is no fault of the run: the next attempt need not wait.
        if (cause == FailureCause.Lost && failures == 1)
        {
            return TimeSpan.Zero;
        }
        return TimeSpan.FromSeconds(Math.Min(FirstDelay.TotalSeconds * Math.Pow(2, failures - 1), LongestDelay.TotalSeconds));
    }
}
