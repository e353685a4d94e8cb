using System.Runtime.CompilerServices;
using DisBack.Gateway.Configuration;
using DisBack.ReadModel;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Watching;

/// <summary>Tells all who listen when the documents behind the tables change: one look for everybody, and none while nobody listens.</summary>
internal sealed partial class TableFeed(DocumentReadModel tables, GatewaySettings settings, TimeProvider time, ILogger<TableFeed> logger)
{
    /// <summary>The pause between two looks where lists may have no age.</summary>
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Looking? _looking;

    /// <summary>Whether anybody listens.</summary>
    public bool IsLooking
    {
        get
        {
            lock (_gate)
            {
                return _looking is not null;
            }
        }
    }

    /// <summary>The version of the tables, and each one after it that is found; a slow listener sees the newest.</summary>
    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var looking = Join();
        try
        {
            long? shown = null;
            while (true)
            {
                var found = looking.Found;
                if (found.Version is { } version && version != shown)
                {
                    yield return version;
                    shown = version;
                }
                await found.Next.Task.WaitAsync(cancellation);
            }
        }
        finally
        {
            Leave(looking);
        }
    }

    private Looking Join()
    {
        lock (_gate)
        {
            if (_looking is null)
            {
                _looking = new Looking();
                _ = LookAsync(_looking);
            }
            _looking.Listeners++;
            return _looking;
        }
    }

    private void Leave(Looking looking)
    {
        lock (_gate)
        {
            if (--looking.Listeners > 0)
            {
                return;
            }
            _looking = null;
        }
        looking.Ending.Cancel();
    }

    private async Task LookAsync(Looking looking)
    {
        var pause = settings.Limits.ListAge > TimeSpan.Zero ? settings.Limits.ListAge : s_shortestPause;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!looking.Ending.IsCancellationRequested)
        {
            try
            {
                var version = await tables.VersionAsync(looking.Ending.Token);
                if (looking.Found is var before && before.Version != version)
                {
                    looking.Found = new Found(version);
                    before.Next.SetResult();
                }
                await Task.Delay(pause, time, looking.Ending.Token);
            }
            catch (OperationCanceledException) when (looking.Ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // Whoever asks the tables gets the sentence; the next look may work.
                LogFailed(failed);
                await Task.Delay(pause, time, looking.Ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tables could not be looked at, and are again in a moment.")]
    private partial void LogFailed(Exception failed);

    private sealed class Looking
    {
        public volatile Found Found = new(null);

        public int Listeners { get; set; }

        public CancellationTokenSource Ending { get; } = new();
    }

    private sealed record Found(long? Version)
    {
        public TaskCompletionSource Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
