using System.Collections.Immutable;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Training;

/// <summary>The devices of this machine and the training threads on them. One per silo; grains never train.</summary>
public interface ITrainingRuntime
{
    /// <summary>The devices; none once the silo is shutting down.</summary>
    ImmutableArray<Accelerator> Devices { get; }

    /// <summary>Every run that has a thread, ending ones included.</summary>
    ImmutableArray<OccupiedSlot> Occupied { get; }

    /// <summary>Starts an attempt on its own thread, or finds it running. Null: no free slot on that device, or shutting down.</summary>
    ITrainingJob? TryStart(TrainingAssignment assignment);

    /// <summary>
    /// Takes part in an attempt that another worker leads, or finds itself doing so, or having ended, as whoever reads of it learns. False: no free slot on
    /// that device, shutting down, or ended by the worker that leads.
    /// </summary>
    bool TryJoin(TrainingAssignment assignment);

    /// <summary>Ends this worker's part in an attempt and waits for its thread, but not for ever.</summary>
    /// <param name="member">The key of the member's grain.</param>
    /// <returns>Whether its thread has ended.</returns>
    Task<bool> EndMemberAsync(string member);

    /// <summary>Takes no more work, stops every run after a checkpoint and waits for them.</summary>
    /// <param name="cancellation">When it is cancelled, runs stop without a checkpoint.</param>
    Task DrainAsync(CancellationToken cancellation);
}
