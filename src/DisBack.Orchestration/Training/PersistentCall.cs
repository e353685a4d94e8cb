using Polly;
using Polly.Retry;

namespace DisBack.Orchestration.Training;

/// <summary>A call of a grain that is repeated until the grain answers.</summary>
internal static class PersistentCall
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    /// <summary>Calls until there is an answer.</summary>
    /// <param name="call">Called again when it throws, with longer and longer pauses.</param>
    /// <param name="unanswered">Told of each failure that is followed by another call.</param>
    /// <param name="time">Measures the pauses.</param>
    /// <param name="cancellation">Ends it; it alone does, because a call that Orleans cancels is a failure like any other.</param>
    /// <returns>The answer; null if it was cancelled first.</returns>
    public static async Task<T?> UntilAnsweredAsync<T>(Func<Task<T>> call, Action<Exception> unanswered, TimeProvider time, CancellationToken cancellation)
        where T : struct
    {
        var retries = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = failed => new(failed.Outcome.Exception is not null),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = s_firstWait,
                MaxDelay = s_longestWait,
                UseJitter = true,
                OnRetry = failed =>
                {
                    unanswered(failed.Outcome.Exception!);
                    return default;
                },
            })
            .Build();
        try
        {
            return await retries.ExecuteAsync(async _ => await call(), cancellation);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
