namespace DisBack.Distillation.Runs;

/// <summary>
/// A resumable piece of training: degradation recording, distribution backtracking, or a teacher's own training.
/// </summary>
/// <remarks>
/// A run is a pure function of its settings, its inputs and the step: capturing it after any step, restoring it into a new object and going on
/// gives bit for bit the run that was never stopped. One thread advances it and draws nothing from libtorch's global generator.
/// </remarks>
public interface ITrainingRun : IDisposable
{
    /// <summary>What the run does: <c>recording</c>, <c>backtracking</c> or <c>teacher</c>.</summary>
    string Stage { get; }

    /// <summary>Steps made so far.</summary>
    long Step { get; }

    /// <summary>Steps of the whole run.</summary>
    long Steps { get; }

    /// <summary>Tells the listener what is known before the first step: the initial evaluation and picture. Not called on a resumed run.</summary>
    void Begin(ITrainingListener listener);

    /// <summary>Makes one step and tells the listener what happened in it.</summary>
    void Advance(ITrainingListener listener);

    /// <summary>
    /// Reads the losses of the steps since the last call, which waits for the device, and checks them.
    /// </summary>
    /// <exception cref="TrainingFailedException">A loss is not finite, or the generator has collapsed.</exception>
    IReadOnlyList<Measurement> ReadMeasurements();

    /// <summary>The whole state: live tensors, not copies, valid until the next step changes them.</summary>
    RunState Capture();

    /// <summary>
    /// The state captured last is still being copied: the run may compute its next step, but changes nothing of that state before it has waited.
    /// </summary>
    /// <param name="untilCopied">Returns when the copy is made; called on the run's thread.</param>
    void Hold(Action untilCopied);

    /// <summary>Continues from a captured state.</summary>
    /// <exception cref="DisBackException">The state belongs to another network or stage; the message names the tensor.</exception>
    void Restore(RunState state);

    /// <summary>Tells the listener the run's results once all steps are made.</summary>
    void Complete(ITrainingListener listener);
}
