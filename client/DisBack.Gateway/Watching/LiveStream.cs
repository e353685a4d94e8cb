using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Gateway.Watching;

/// <summary>
/// Everything that a page shows, in one stream: browsers open few connections to one address, and a page shows many runs. The runs come from the feeds that all
/// watchers share.
/// </summary>
/// <param name="hub">The feeds of runs.</param>
/// <param name="tables">What tells of changes of the tables.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveStream(FeedHub hub, TableFeed tables, TimeProvider time)
{
    public const string RunEvent = "run", SettledEvent = "settled", MissingEvent = "missing", TablesEvent = "tables";

    /// <summary>
    /// From one telling to the next, so that of many runs, which each tell of themselves twice a second, a page hears together and draws once. With what passes
    /// before that, a point is on the screen within a second and a half.
    /// </summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(0.8);

    /// <summary>How long a run whose feed has failed is left alone; whoever watches it alone comes back after about as long.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(3);

    /// <summary>Tells of runs, each until it has settled, and of the tables, until it is cancelled.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="exists">Whether there is a run of that id, so that nobody can wake grains for runs that are none.</param>
    /// <param name="withTables">Whether to tell of the tables.</param>
    /// <param name="cancellation">Ends the stream.</param>
    public async IAsyncEnumerable<SseItem<LiveEvent?>> WatchAsync(
        IReadOnlyCollection<RunId> runs,
        Func<RunId, CancellationToken, Task<bool>> exists,
        bool withTables,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var inbox = new LiveInbox(time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var sources = runs.Select(run => UntilEndAsync(stop => FollowAsync(run, exists, inbox, stop), ending.Token)).ToList();
        if (withTables)
        {
            sources.Add(UntilEndAsync(stop => FollowTablesAsync(inbox, stop), ending.Token));
        }
        try
        {
            // At once, for a browser takes a stream for opened when something has come.
            yield return Alive();
            while (await TakenAsync(inbox, ending.Token) is { Ended: false } taken)
            {
                if (taken.News is not { } news)
                {
                    yield return Alive();
                }
                else if (news.Run is not { } run)
                {
                    yield return new SseItem<LiveEvent?>(new LiveEvent { Version = news.Version }, TablesEvent);
                }
                else
                {
                    if (news.Update is { } update)
                    {
                        yield return new SseItem<LiveEvent?>(LiveEvent.Of(run) with { Update = update }, RunEvent);
                    }
                    if (news.LastEvent is { } last)
                    {
                        yield return new SseItem<LiveEvent?>(LiveEvent.Of(run), last);
                    }
                }
                if (inbox.IsEmpty)
                {
                    await Task.Delay(s_pace, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(sources);
        }

        static SseItem<LiveEvent?> Alive() => new(null, Api.KeepAliveEvent);
    }

    private static async Task<(LiveNews? News, bool Ended)> TakenAsync(LiveInbox inbox, CancellationToken end)
    {
        try
        {
            return (await inbox.TakeAsync(Api.KeepAlivePeriod, end), false);
        }
        catch (OperationCanceledException)
        {
            return (null, true);
        }
    }

    private static async Task UntilEndAsync(Func<CancellationToken, Task> follow, CancellationToken end)
    {
        try
        {
            await follow(end).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
    }

    private async Task FollowAsync(RunId run, Func<RunId, CancellationToken, Task<bool>> exists, LiveInbox inbox, CancellationToken cancellation)
    {
        while (true)
        {
            if (await TryAsync(run, exists, inbox, cancellation) is { } last)
            {
                inbox.Put(run, news => news with { LastEvent = last });
                return;
            }
            await Task.Delay(s_pause, time, cancellation);
        }
    }

    /// <summary>Tells of a run for as long as its feed does.</summary>
    /// <returns>The event that says why nothing more comes; null if there may be more later.</returns>
    private async Task<string?> TryAsync(RunId run, Func<RunId, CancellationToken, Task<bool>> exists, LiveInbox inbox, CancellationToken cancellation)
    {
        try
        {
            if (!await exists(run, cancellation))
            {
                return MissingEvent;
            }
        }
        catch (DisBackException)
        {
            // The storage does not answer now, or the document is damaged: whoever opens the run gets the sentence.
            return null;
        }
        using var lease = hub.Join(run);
        var isSettled = false;
        await foreach (var update in lease.Feed.SnapshotsAsync(cancellation))
        {
            inbox.Put(run, news => news with { Update = update });
            isSettled = update.Status.IsSettled();
        }
        return isSettled ? SettledEvent : null;
    }

    private async Task FollowTablesAsync(LiveInbox inbox, CancellationToken cancellation)
    {
        await foreach (var version in tables.WatchAsync(cancellation))
        {
            inbox.PutTables(version);
        }
    }
}
