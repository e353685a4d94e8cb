namespace DisBack.Distillation.Runs;

/// <summary>
/// Receives what happens in a run, on the run's own thread. Tensors it is given are live: whoever keeps one copies it before returning, or, of a
/// checkpoint, before <see cref="CheckpointDue"/>'s wait ends.
/// </summary>
public interface ITrainingListener
{
    /// <summary>Points of curves; also evaluations such as <c>fid</c>.</summary>
    void Measured(IReadOnlyList<Measurement> measurements);

    /// <summary>The run has reached something that is to be remembered: a node, a switch of the target, or whatever else a method names.</summary>
    void Reached(Milestone milestone);

    /// <summary>The run made a file, such as <c>student.safetensors</c> or a picture.</summary>
    /// <param name="name">Its file name.</param>
    /// <param name="write">Writes its content.</param>
    void ArtifactMade(string name, Action<Stream> write);

    /// <summary>Samples are about to be measured, which may take minutes; what is returned is disposed when they have been.</summary>
    IDisposable? Evaluating() => null;

    /// <summary>Asked after every step: whether a checkpoint pays before the next regular one. Never, unless the listener says so.</summary>
    bool WantsCheckpoint => false;

    /// <summary>A checkpoint is due. Its tensors may be copied while the run computes its next step.</summary>
    /// <returns>
    /// Waits until they have been copied. It is called on the run's thread, more than once perhaps, before any of them changes or is freed.
    /// </returns>
    Action CheckpointDue(long step, RunState state);
}
