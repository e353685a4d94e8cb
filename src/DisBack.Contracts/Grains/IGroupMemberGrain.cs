using DisBack.Contracts.Documents;
using Orleans.Concurrency;

namespace DisBack.Contracts.Grains;

/// <summary>
/// One worker's part in an attempt that several train together. Key: <c>{attempt}/{rank}</c>. It has no state of its own, as a trainer has none. Worker 0,
/// which leads, starts and ends the others; all of them read from each other.
/// </summary>
[Alias("disback.IGroupMemberGrain")]
public interface IGroupMemberGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts the training of a member that does not lead, once. Repeating it is answered with <see cref="StartResult.Started"/> until the leader ends it, also
    /// where it has ended by itself, which reading tells; after that with <see cref="StartResult.NoSlot"/>.
    /// </summary>
    [Alias("Start")]
    Task<StartResult> StartAsync(TrainingAssignment assignment);

    /// <summary>Ends a member that does not lead, and waits for its thread, but not for ever.</summary>
    /// <returns>Whether its thread has ended.</returns>
    [Alias("End")]
    Task<bool> EndAsync();

    /// <summary>Asks the member that leads to have all of them stop after a checkpoint.</summary>
    /// <param name="reason">One sentence for people.</param>
    /// <returns>False where it does not run.</returns>
    [Alias("AskToStop")]
    Task<bool> AskToStopAsync(string reason);

    /// <summary>Reads numbers of a sum that is being made. It waits a few seconds for them where they are not there yet.</summary>
    /// <returns>The numbers, or how the member has ended, or neither: ask again.</returns>
    [Alias("Read"), AlwaysInterleave]
    Task<GroupNumbers> ReadAsync(GroupRange range);
}

/// <summary>Some of the numbers that the workers of a group add up.</summary>
/// <param name="Round">Which sum of the attempt, from 1.</param>
/// <param name="IsSum">Whether the sums are meant, or what the worker itself adds to them.</param>
/// <param name="First">Index of the first number.</param>
/// <param name="Count">How many.</param>
[GenerateSerializer, Immutable, Alias("disback.GroupRange.v1")]
public sealed record GroupRange([property: Id(0)] long Round, [property: Id(1)] bool IsSum, [property: Id(2)] long First, [property: Id(3)] int Count);

/// <summary>What a member of a group answers to one that reads.</summary>
/// <param name="Bytes">The numbers, float32 in the order of the processor; null where they are not there.</param>
/// <param name="Cause">Why the member has ended, where it has failed.</param>
/// <param name="Message">The same for people; null while it trains.</param>
[GenerateSerializer, Immutable, Alias("disback.GroupNumbers.v1")]
public sealed record GroupNumbers(
    [property: Id(0)] byte[]? Bytes = null, [property: Id(1)] FailureCause? Cause = null, [property: Id(2)] string? Message = null);
