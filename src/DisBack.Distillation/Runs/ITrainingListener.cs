using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>
/// Hears what happens in a run, on the run's own thread. Tensors it is given are live: whoever keeps one copies it before returning.
/// </summary>
public interface ITrainingListener
{
    /// <summary>Points of curves; also evaluations such as <c>fid</c>.</summary>
    void Measured(IReadOnlyList<Measurement> measurements);

    /// <summary>Stage 1 recorded a node of the trajectory.</summary>
    void NodeRecorded(RecordedNode node);

    /// <summary>Stage 2 moved to the next target.</summary>
    void TargetSwitched(TargetSwitch change);

    /// <summary>The run made a file, such as <c>student.safetensors</c> or a picture.</summary>
    /// <param name="name">Its file name.</param>
    /// <param name="write">Writes its content.</param>
    void ArtifactMade(string name, Action<Stream> write);

    /// <summary>A checkpoint is due.</summary>
    void CheckpointDue(long step, RunState state);
}

/// <summary>A node of the degradation trajectory: the score network only.</summary>
/// <param name="Index">Place on the trajectory; 0 is the exact teacher.</param>
/// <param name="Step">Degradation steps made.</param>
/// <param name="Loss">The denoising loss of that step; NaN for the teacher.</param>
/// <param name="Tensors">The tensors of the node's <see cref="NetworkFile"/>.</param>
/// <param name="Metadata">The metadata of that file.</param>
public sealed record RecordedNode(
    int Index, long Step, double Loss, IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A change of the target.</summary>
/// <param name="Step">Iterations made when the target changed.</param>
/// <param name="From">Trajectory index of the old target.</param>
/// <param name="To">Trajectory index of the new target; 0 is the teacher.</param>
/// <param name="Gap">The score gap that decided, see <see cref="DisBack.Specs.Backtracking.SwitchingState"/>.</param>
public sealed record TargetSwitch(long Step, int From, int To, double Gap);
