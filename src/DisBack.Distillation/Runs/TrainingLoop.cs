using DisBack.Specs.Training;

namespace DisBack.Distillation.Runs;

/// <summary>Trains a run to its end or to a stop, with checkpoints at fixed steps, and more where they pay.</summary>
public static class TrainingLoop
{
    /// <summary>Losses are read this often, because reading one waits for the device.</summary>
    private const int StepsPerReading = 10;

    /// <summary>Runs on the calling thread, which must be one that nothing else uses: dispose scopes and grad mode belong to threads.</summary>
    /// <param name="run">A new or restored run.</param>
    /// <param name="checkpoints">When it is made durable.</param>
    /// <param name="listener">Receives what happens.</param>
    /// <param name="stop">Asked for between two steps; the run then leaves a checkpoint and returns.</param>
    /// <returns>True when all steps are made, false after a stop.</returns>
    /// <exception cref="TrainingFailedException">A loss is not finite, or the generator has collapsed.</exception>
    public static bool Run(ITrainingRun run, CheckpointSettings checkpoints, ITrainingListener listener, CancellationToken stop)
    {
        Action untilCopied = () => { };
        try
        {
            if (run.Step == 0)
            {
                run.Begin(listener);
            }

            while (run.Step < run.Steps)
            {
                if (stop.IsCancellationRequested)
                {
                    Checkpoint();
                    return false;
                }

                run.Advance(listener);
                if (run.Step < run.Steps && (run.Step % checkpoints.Every == 0 || listener.WantsCheckpoint))
                {
                    Checkpoint();
                }
                else if (run.Step % StepsPerReading == 0)
                {
                    listener.Measured(run.ReadMeasurements());
                }
            }

            Checkpoint();
            // The results are made from what the checkpoint is made from, and may be made in its place.
            untilCopied();
            run.Complete(listener);
            return true;
        }
        finally
        {
            // Whatever has happened, the run's tensors are freed next.
            untilCopied();
        }

        void Checkpoint()
        {
            // A state is made durable only after its losses have been seen to be finite.
            listener.Measured(run.ReadMeasurements());
            untilCopied();
            untilCopied = listener.CheckpointDue(run.Step, run.Capture());
            run.Hold(untilCopied);
        }
    }
}
