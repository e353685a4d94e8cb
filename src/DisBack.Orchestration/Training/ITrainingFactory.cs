using DisBack.Contracts.Grains;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Storage.Cache;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>Makes the piece of training that an assignment asks for: the one interface between the orchestration and the method.</summary>
public interface ITrainingFactory
{
    /// <summary>A new run at its first step. Called on the training thread, where reading files and waiting for them is allowed.</summary>
    /// <exception cref="DisBackException">The spec, a weight file or the data set does not fit.</exception>
    ITrainingRun Create(TrainingAssignment assignment, ITrainingInputs inputs);
}

/// <summary>What a run is made from, on this machine.</summary>
public interface ITrainingInputs
{
    /// <summary>The device that the run was given.</summary>
    Device Device { get; }

    /// <summary>A local file with exactly these bytes, proven by their digest, until the lease is disposed. Blocks while they are fetched.</summary>
    /// <exception cref="Storage.StorageException">The bytes are missing or damaged, or this machine has no room for them.</exception>
    /// <exception cref="OperationCanceledException">The run was asked to stop meanwhile.</exception>
    WeightLease Fetch(ContentRef content);

    /// <summary>As <see cref="Fetch(ContentRef)"/>, of content that a spec names by its digest alone.</summary>
    WeightLease Fetch(string digest);

    /// <summary>The workers that train the run together.</summary>
    IWorkerGroup Workers => SingleWorker.Instance;

    /// <summary>Announces that the bytes will be needed soon. Returns at once.</summary>
    void Prefetch(ContentRef content);
}
