using System.Collections.Concurrent;
using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>
/// What an orchestrator of containers does for one silo: whatever ends is started again, unless a fault holds it. Whoever holds it is the only
/// one to touch its process.
/// </summary>
internal sealed class SiloKeeper : IAsyncDisposable
{
    /// <summary>Between the end of a process and the next one, so that one that cannot start does not start thousands of times.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(300);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<int, int> _exits = new();
    private readonly Task _keeping;

    public SiloKeeper(SiloProcess silo)
    {
        Silo = silo;
        _keeping = KeepAsync();
    }

    public SiloProcess Silo { get; }

    /// <summary>Exit codes and how often they were seen.</summary>
    public IReadOnlyDictionary<int, int> Exits => _exits;

    /// <summary>Takes the silo into one's hands until the result is disposed of.</summary>
    public async Task<IDisposable> HoldAsync()
    {
        await _gate.WaitAsync();
        return new Hold(_gate);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _keeping;
        _stopping.Dispose();
        _gate.Dispose();
    }

    private async Task KeepAsync()
    {
        try
        {
            while (true)
            {
                _exits.AddOrUpdate(await Silo.Exit.WaitAsync(_stopping.Token), 1, (_, seen) => seen + 1);
                await Task.Delay(s_pause, _stopping.Token);
                await _gate.WaitAsync(_stopping.Token);
                try
                {
                    Silo.Start();
                }
                finally
                {
                    _gate.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The soak is over.
        }
    }

    private sealed class Hold(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
