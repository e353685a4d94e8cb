using System.Runtime.CompilerServices;
using DisBack.Contracts.Grains;

namespace DisBack.Client;

/// <summary>A watch that outlives what it watches through: whatever breaks an enumeration, another one goes on after the last sequence number.</summary>
internal static class LastingWatch
{
    /// <param name="open">Opens an enumeration after a sequence number.</param>
    /// <param name="afterSequence">Where to begin.</param>
    /// <param name="rest">
    /// Told a failure and how many there were in a row: how long to wait before the next try, or null to give up and throw the failure.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public static async IAsyncEnumerable<RunUpdate> FollowAsync(
        Func<long, CancellationToken, IAsyncEnumerable<RunUpdate>> open,
        long afterSequence,
        Func<Exception, int, TimeSpan?> rest,
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            TimeSpan pause;
            var updates = open(afterSequence, cancellationToken).GetAsyncEnumerator(cancellationToken);
            try
            {
                while (true)
                {
                    try
                    {
                        if (!await updates.MoveNextAsync())
                            yield break;
                    }
                    catch (Exception failure) when (!cancellationToken.IsCancellationRequested && rest(failure, failures + 1) is { } wait)
                    {
                        failures++;
                        pause = wait;
                        break;
                    }
                    failures = 0;
                    afterSequence = updates.Current.Sequence;
                    yield return updates.Current;
                }
            }
            finally
            {
                // Not awaited: the other end may be gone, and saying farewell to it would take as long as a call that times out.
                _ = ForgetAsync(updates);
            }
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>A pause that doubles with every failure, varied so that many clients do not come back at one instant.</summary>
    public static TimeSpan Backoff(int failures, TimeSpan first, TimeSpan longest)
    {
        var pause = Math.Min(first.TotalSeconds * Math.Pow(2, Math.Min(failures, 16) - 1), longest.TotalSeconds);
        return TimeSpan.FromSeconds(pause * (0.75 + 0.5 * Random.Shared.NextDouble()));
    }

    private static async Task ForgetAsync(IAsyncDisposable updates)
    {
        try
        {
            await updates.DisposeAsync();
        }
        catch (Exception)
        {
            // Nobody listens to it any more.
        }
    }
}
