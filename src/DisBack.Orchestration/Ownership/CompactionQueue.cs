using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;

namespace DisBack.Orchestration.Ownership;

/// <summary>The compactions of a silo, one after another and never on a grain's turn: each takes a core, and none is urgent.</summary>
internal sealed class CompactionQueue(IBlobStore blobs) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private readonly MetricCompactor _compactor = new(blobs);

    /// <summary>Compacts the curves of a run up to an attempt; what was interrupted or failed is done when it is asked for again.</summary>
    public Task CompactAsync(RunId run, int lastEnded, CancellationToken cancellation) => Task.Run(async () =>
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ended.Token);
        await _turn.WaitAsync(either.Token);
        try
        {
            await _compactor.CompactAsync(GrainKeys.Metrics(run.Kind, run.Owner), attempt => attempt <= lastEnded, either.Token);
        }
        finally
        {
            _turn.Release();
        }
    }, cancellation);

    /// <summary>Stops what is under way: nothing writes to the store after its host is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        // Not disposed: a grain that is still there may ask once more, and is to be told that this is over.
        await _turn.WaitAsync();
    }
}
