using DisBack.Contracts.Documents;

namespace DisBack.Orchestration.Runs;

/// <summary>How long a run trains until an attempt is lost, as its remembered attempts tell.</summary>
internal static class MeanTimeToFailure
{
    /// <summary>
    /// The time in attempts that have ended, for each that was lost; null if none was. One that was asked to stop was not lost, but it has trained.
    /// </summary>
    public static TimeSpan? Of(RunRecord run)
    {
        var ended = run.Attempts.Where(attempt => attempt.Ended is not null).ToList();
        var lost = ended.Count(attempt => attempt.Cause is not (null or FailureCause.Stopped));
        return lost == 0 ? null : ended.Aggregate(TimeSpan.Zero, (sum, attempt) => sum + (attempt.Ended!.Value - attempt.Started)) / lost;
    }
}
