using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Gateway.Watching;

/// <summary>
/// One run as it is watched by everybody: one enumeration of its grain, from which every watcher reads at its own pace. Nothing is queued for
/// anybody. A watcher that is slow sees fewer snapshots, and every event that is still remembered when it comes to look.
/// </summary>
internal sealed class RunFeed(TimeProvider time)
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile State _state = new(null, false);

    /// <summary>Done when there is something to show; fails as the enumeration did if that came first.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Follows the run to its end, or until nobody watches.</summary>
    public async Task PumpAsync(Func<IControl> control, RunId run, CancellationToken cancellation)
    {
        try
        {
            await foreach (var update in control().WatchAsync(run, 0, cancellation).WithCancellation(cancellation))
            {
                Show(new State(update with { Events = Remembered(update) }, false));
                _begun.TrySetResult();
            }
            Show(new State(_state.Latest, true));
        }
        catch (Exception failure)
        {
            // Watchers that have had an update end without the run having settled, so they come back; those that wait for their first get the reason.
            _begun.TrySetException(failure);
            // Not every feed has somebody at its beginning.
            _ = _begun.Task.Exception;
            Show(new State(_state.Latest, true));
        }
    }

    /// <summary>What happened after a sequence number, with the run's progress; null when nothing was new for a while.</summary>
    public async IAsyncEnumerable<RunUpdate?> WatchAsync(long afterSequence, TimeSpan atLeastEvery, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var seen = afterSequence;
        RunUpdate? shown = null;
        while (true)
        {
            var state = _state;
            if (state.Latest is { } latest && !ReferenceEquals(latest, shown))
            {
                var oldest = latest.Events.IsEmpty ? latest.Sequence + 1 : latest.Events[0].Sequence;
                yield return latest with { Events = latest.Events.RemoveAll(happened => happened.Sequence <= seen), Reset = seen + 1 < oldest };
                (seen, shown) = (Math.Max(seen, latest.Sequence), latest);
            }
            if (state.Ended)
            {
                yield break;
            }
            if (!await ChangedAsync(state, atLeastEvery, cancellation))
            {
                yield return null;
            }
        }
    }

    /// <summary>Where the run stands, without its events, and again whenever that changes; a slow reader sees the newest.</summary>
    public async IAsyncEnumerable<RunUpdate> SnapshotsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        RunUpdate? shown = null;
        while (true)
        {
            var state = _state;
            if (state.Latest is { } latest && !ReferenceEquals(latest, shown))
            {
                yield return latest with { Events = [], Reset = false };
                shown = latest;
            }
            if (state.Ended)
            {
                yield break;
            }
            await state.Changed.Task.WaitAsync(cancellation);
        }
    }

    private void Show(State state)
    {
        var before = _state;
        _state = state;
        before.Changed.TrySetResult();
    }

    private async Task<bool> ChangedAsync(State state, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            await state.Changed.Task.WaitAsync(timeout, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>As many events as the run's document remembers, gap or not: who comes later reads them here.</summary>
    private ImmutableArray<RunEvent> Remembered(RunUpdate update)
    {
        var events = update.Reset || _state.Latest is not { } before
            ? update.Events
            : before.Events.AddRange(update.Events.Where(happened => happened.Sequence > before.Sequence));
        return events.Length > RunRecord.MaxEvents ? events[^RunRecord.MaxEvents..] : events;
    }

    private sealed record State(RunUpdate? Latest, bool Ended)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
