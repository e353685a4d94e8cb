using System.Runtime.CompilerServices;
using DisBack.Contracts.Grains;
using Polly;
using Polly.Retry;

namespace DisBack.Client;

/// <summary>A watch that survives interruptions: when an enumeration fails, another one goes on after the last sequence number.</summary>
internal static class LastingWatch
{
    /// <param name="open">Opens an enumeration after a sequence number.</param>
    /// <param name="afterSequence">Where to begin.</param>
    /// <param name="isRetried">From a failure and how many there were in a row: whether to go on; if not, the failure is thrown.</param>
    /// <param name="firstPause">Pause after the first failure; it doubles with every further one, with jitter.</param>
    /// <param name="longestPause">Longest pause.</param>
    /// <param name="silence">An enumeration that says nothing for so long has failed; null bounds nothing.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public static async IAsyncEnumerable<RunUpdate> FollowAsync(
        Func<long, CancellationToken, IAsyncEnumerable<RunUpdate>> open,
        long afterSequence,
        Func<Exception, int, bool> isRetried,
        TimeSpan firstPause,
        TimeSpan longestPause,
        TimeSpan? silence,
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var retries = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = failed => new(
                    failed.Outcome.Exception is { } failure && !cancellationToken.IsCancellationRequested && isRetried(failure, failed.AttemptNumber + 1)),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = firstPause,
                MaxDelay = longestPause,
                UseJitter = true,
            })
            .Build();
        IAsyncEnumerator<RunUpdate>? updates = null;
        try
        {
            // One execution for each update, so that every update starts the count of failures anew.
            while (await retries.ExecuteAsync(MoveNextAsync, cancellationToken))
            {
                afterSequence = Math.Max(afterSequence, updates!.Current.Sequence);
                yield return updates.Current;
            }
        }
        finally
        {
            Close();
        }

        async ValueTask<bool> MoveNextAsync(CancellationToken stop)
        {
            updates ??= open(afterSequence, cancellationToken).GetAsyncEnumerator(cancellationToken);
            try
            {
                return await updates.MoveNextAsync().AsTask().WaitAsync(silence ?? Timeout.InfiniteTimeSpan, time, stop);
            }
            catch
            {
                Close();
                throw;
            }
        }

        void Close()
        {
            // Not awaited: the other end may be gone, and closing would take as long as a call that times out.
            if (updates is not null)
            {
                _ = DisposeAsync(updates);
            }
            updates = null;
        }
    }

    private static async Task DisposeAsync(IAsyncDisposable updates)
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
