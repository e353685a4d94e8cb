using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;

namespace DisBack.Orchestration.Ownership;

/// <summary>The compactions of a silo, one after another and never on a grain's turn: each takes a core, and none is urgent.</summary>
internal sealed class CompactionQueue(IBlobStore blobs) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly MetricCompactor _compactor = new(blobs);

    /// <summary>Compacts the curves of a run up to an attempt; what was interrupted or failed is done when it is asked for again.</summary>
    public Task CompactAsync(RunId run, int lastEnded, CancellationToken cancellation) => Task.Run(async () =>
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await _compactor.CompactAsync(GrainKeys.Metrics(run.Kind, run.Owner), attempt => attempt <= lastEnded, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }, cancellation);

    public void Dispose() => _turn.Dispose();
}
