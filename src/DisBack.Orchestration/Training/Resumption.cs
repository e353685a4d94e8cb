using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Files;
using DisBack.Distillation.Runs;
using DisBack.Specs.Experiments;
using DisBack.Storage;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>How an attempt goes on where the one before it stopped.</summary>
internal static class Resumption
{
    /// <summary>
    /// Restores a run from the newest intact checkpoint; a damaged one is passed over. Before all of them comes the state that the experiment starts with.
    /// </summary>
    /// <param name="run">The run, at its first step.</param>
    /// <param name="assignment">The attempt and its checkpoints.</param>
    /// <param name="start">What the experiment starts with; null where it begins anew.</param>
    /// <param name="inputs">Fetches them.</param>
    /// <param name="unusable">Told of a checkpoint that is missing or damaged.</param>
    /// <param name="stop">Looked at before each of them.</param>
    /// <returns>The checkpoint that it goes on from; null where there is none.</returns>
    public static CheckpointRef? Restore(
        ITrainingRun run,
        TrainingAssignment assignment,
        StartSettings? start,
        ITrainingInputs inputs,
        Action<CheckpointRef, StorageException> unusable,
        CancellationToken stop)
    {
        foreach (var checkpoint in assignment.Checkpoints)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                using var weights = inputs.Fetch(checkpoint.Content);
                Restore(run, weights);
                return checkpoint;
            }
            catch (StorageException e) when (e is CorruptContentException or MissingContentException)
            {
                unusable(checkpoint, e);
            }
        }
        if (start is { Checkpoint: var content })
        {
            using var weights = inputs.Fetch(ContentRef.DigestIn(content ?? "") ?? throw new DisBackException(
                "The spec starts with a checkpoint that was not looked up; submit it with 'disback' or to a gateway."));
            Restore(run, weights);
        }
        return null;
    }

    private static void Restore(ITrainingRun run, WeightLease weights)
    {
        using var file = SafetensorsFile.Open(weights.Path);
        using var scope = NewDisposeScope();
        run.Restore(RunState.Read(file));
    }
}
