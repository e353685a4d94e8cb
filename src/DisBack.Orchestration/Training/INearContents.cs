namespace DisBack.Orchestration.Training;

/// <summary>What a worker has nearer than in its cache of weights: in memory.</summary>
internal interface INearContents
{
    /// <summary>Digests by which requests for a slot prefer this worker, see <see cref="Contracts.Grains.SlotRequest.Prefers"/>.</summary>
    IReadOnlyList<string> Digests { get; }
}
