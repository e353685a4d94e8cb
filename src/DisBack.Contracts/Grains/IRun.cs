using System.Collections.Immutable;

namespace DisBack.Contracts.Grains;

/// <summary>What a user does with a run of any kind.</summary>
[Alias("disback.IRun")]
public interface IRun : IGrainWithStringKey
{
    /// <summary>Stops after a checkpoint and keeps everything.</summary>
    [Alias("Pause")]
    Task<CommandReply> PauseAsync();

    /// <summary>Goes on after a pause or, with a fresh count of failures, after a failure.</summary>
    [Alias("Resume")]
    Task<CommandReply> ResumeAsync();

    /// <summary>Stops for good. What was committed stays.</summary>
    [Alias("Cancel")]
    Task<CommandReply> CancelAsync();

    /// <summary>
    /// Deletes a settled run: its document and what belongs to it alone, so that its name is free again. Contents stay, because others may share them.
    /// Repeating it finishes what an interruption left.
    /// </summary>
    /// <returns>Not applied where there is no such run, or where it has not settled.</returns>
    [Alias("Delete")]
    Task<CommandReply> DeleteAsync();

    /// <summary>
    /// Makes what a complete run has lost again, from the newest checkpoint before it or from the start. A run repeats itself, so the bytes are those that
    /// were lost; where they are not, the run fails.
    /// </summary>
    /// <param name="lost">Digests of contents that are missing or damaged; those that the run did not make are passed over.</param>
    /// <returns>Not applied where nothing is lost, the run is not complete, or it cannot make it again.</returns>
    [Alias("Repair")]
    Task<CommandReply> RepairAsync(ImmutableArray<string> lost);

    /// <summary>What the run does or waits for now, looked up now: first the answer, then what stands behind it. One sentence each.</summary>
    [Alias("Why")]
    Task<ImmutableArray<string>> WhyAsync();

    /// <summary>
    /// Events after a sequence number, with the run's progress, until the run settles; at least once a second, also when nothing changed. Pass the last item's
    /// <see cref="RunUpdate.Sequence"/> to go on after an interruption; 0 starts with all that are remembered.
    /// </summary>
    [Alias("Watch")]
    IAsyncEnumerable<RunUpdate> WatchAsync(long afterSequence, CancellationToken cancellationToken = default);
}
