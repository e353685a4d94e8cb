using DisBack.Client;
using DisBack.Contracts.Grains;
using DisBack.Telemetry;

namespace DisBack.Gateway.Watching;

/// <summary>The feeds of this process: one for each run that is watched, removed with its last watcher.</summary>
/// <param name="control">The cluster, as it can be reached at the moment of the call.</param>
/// <param name="time">The clock.</param>
internal sealed class FeedHub(Func<IControl> control, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RunId, Entry> _entries = [];

    /// <summary>Runs that are watched now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Joins those who watch a run.</summary>
    /// <returns>The feed until it is disposed.</returns>
    public Lease Join(RunId run)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(run, out var entry))
            {
                _entries.Add(run, entry = new Entry(new RunFeed(time)));
                Instruments.Feeds.Add(1);
                _ = RunAsync(run, entry);
            }
            entry.Watchers++;
            Instruments.Watchers.Add(1);
            return new Lease(this, run, entry);
        }
    }

    private async Task RunAsync(RunId run, Entry entry)
    {
        await entry.Feed.PumpAsync(control, run, entry.Ending.Token).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        // The next watcher starts a new feed: a settled run may have been resumed, and a cluster that did not answer may do so.
        lock (_gate)
        {
            Remove(run, entry);
        }
    }

    private void Leave(RunId run, Entry entry)
    {
        lock (_gate)
        {
            Instruments.Watchers.Add(-1);
            if (--entry.Watchers > 0)
            {
                return;
            }
            Remove(run, entry);
        }
        entry.Ending.Cancel();
    }

    private void Remove(RunId run, Entry entry)
    {
        if (_entries.TryGetValue(run, out var current) && current == entry && _entries.Remove(run))
        {
            Instruments.Feeds.Add(-1);
        }
    }

    /// <summary>A watcher's part in a feed.</summary>
    public sealed class Lease : IDisposable
    {
        private readonly Action _leave;
        private int _left;

        internal Lease(FeedHub hub, RunId run, Entry entry) => (Feed, _leave) = (entry.Feed, () => hub.Leave(run, entry));

        public RunFeed Feed { get; }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                _leave();
            }
        }
    }

    internal sealed record Entry(RunFeed Feed)
    {
        public int Watchers { get; set; }

        public CancellationTokenSource Ending { get; } = new();
    }
}
