using System.Diagnostics.CodeAnalysis;
using DisBack.Contracts.Grains;
using DisBack.Storage.Metrics;

namespace DisBack.Orchestration.Ownership;

/// <summary>
/// What a run has measured: compacted once an attempt has ended, and deleted with the run. Nothing tells which attempts are compacted but the blobs
/// themselves, so every activation asks anew, and what a crash interrupted is found by the next one.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source of the token has no timer, and so nothing to dispose.")]
internal sealed class RunCurves(RunId id, RunOwnerServices services)
{
    private CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private int _asked;

    /// <summary>Whether all that was asked for is done.</summary>
    public bool IsCompacted { get; private set; } = true;

    /// <summary>Has attempts compacted in the background, up to one that has ended and does not come back.</summary>
    /// <param name="lastEnded">The attempt.</param>
    /// <param name="again">Also where that has been asked for and has failed.</param>
    /// <returns>Ends with the compaction, also a failed one; not to be awaited where something waits for the turn.</returns>
    public Task CompactAsync(int lastEnded, bool again = false)
    {
        if (lastEnded > _asked || (again && !IsCompacted && _work.IsCompleted))
        {
            (_asked, IsCompacted) = (lastEnded, false);
            _work = AfterAsync(_work, lastEnded, _stop.Token);
        }
        return _work;
    }

    /// <summary>Lets the compaction end, or stops it where it is when the token is cancelled.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        await using (cancellation.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop))
        {
            await _work;
        }
    }

    /// <summary>Deletes all of them.</summary>
    public async Task DeleteAsync()
    {
        await _stop.CancelAsync();
        await _work;
        (_stop, _asked, IsCompacted) = (new CancellationTokenSource(), 0, true);
        await new MetricReader(services.Blobs).DeleteAsync(GrainKeys.Metrics(id.Kind, id.Owner));
    }

    private async Task AfterAsync(Task earlier, int lastEnded, CancellationToken cancellation)
    {
        await earlier;
        try
        {
            await services.Compactions.CompactAsync(id, lastEnded, cancellation);
            IsCompacted = lastEnded == _asked;
        }
        catch (Exception e)
        {
            // The next attempt that ends, the reminder or the next activation asks again.
            if (e is not OperationCanceledException)
            {
                RunOwnerLog.NotCompacted(services.Logger, e, id);
            }
        }
    }
}
