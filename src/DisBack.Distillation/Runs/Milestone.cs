using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>
/// Something that a run has reached and that is to be remembered. Listeners pass on kinds that they do not know, so a method may have milestones of its
/// own: the end of a warm-up, a rung of a sweep, an evaluation.
/// </summary>
/// <param name="Kind">What was reached, in one lower-case word: <see cref="RecordedNode.Kind"/>, <see cref="TargetSwitch.Kind"/> or another one.</param>
/// <param name="Step">Steps made when it was reached.</param>
/// <param name="Payload">What is known of it, as data; numbers are finite. Null where the kind says all.</param>
/// <param name="Content">Tensors that are stored with it; null if there are none.</param>
public sealed record Milestone(string Kind, long Step, JsonObject? Payload = null, MilestoneContent? Content = null);

/// <summary>Tensors that belong to a milestone, to be stored as a safetensors file.</summary>
/// <param name="Tensors">The live tensors.</param>
/// <param name="Metadata">The metadata of the file.</param>
public sealed record MilestoneContent(IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata);

/// <summary>The milestone of stage 1: a node of the degradation trajectory, which is the score network only.</summary>
/// <param name="Index">Position on the trajectory; 0 is the exact teacher.</param>
/// <param name="Step">Degradation steps made.</param>
/// <param name="Loss">The denoising loss of that step; NaN for the teacher.</param>
/// <param name="Tensors">The tensors of the node's <see cref="NetworkFile"/>.</param>
/// <param name="Metadata">The metadata of that file.</param>
public sealed record RecordedNode(
    int Index, long Step, double Loss, IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    private const string WeightDistanceKey = "weight_distance";
    private const string OutputDistanceKey = "output_distance";

    /// <summary>The kind of these milestones.</summary>
    public const string Kind = "node";

    /// <summary>Relative L2 distance of the weights to the node before, ||w - w_before|| / ||w_before||; NaN for the teacher.</summary>
    public double WeightDistance { get; init; } = double.NaN;

    /// <summary>
    /// Distance of the outputs to the node before, mean |D - D_before| over mean |x0 - D_before| on fixed noisy samples of the student; NaN for the teacher.
    /// </summary>
    public double OutputDistance { get; init; } = double.NaN;

    /// <summary>The node as a milestone.</summary>
    public Milestone ToMilestone() => new(
        Kind,
        Step,
        new JsonObject
        {
            ["index"] = Index,
            ["loss"] = Payloads.Finite(Loss),
            [WeightDistanceKey] = Payloads.Finite(WeightDistance),
            [OutputDistanceKey] = Payloads.Finite(OutputDistance),
        },
        new MilestoneContent(Tensors, Metadata));

    /// <summary>The node that a milestone is; null if it is of another kind.</summary>
    public static RecordedNode? Of(Milestone milestone) => milestone is { Kind: Kind, Payload: { } payload, Content: { } content }
        ? new((int)payload["index"]!, milestone.Step, Payloads.Number(payload["loss"]), content.Tensors, content.Metadata)
        {
            WeightDistance = Payloads.Number(payload[WeightDistanceKey]),
            OutputDistance = Payloads.Number(payload[OutputDistanceKey]),
        }
        : null;
}

/// <summary>The milestone of stage 2: a change of the target.</summary>
/// <param name="Step">Iterations made when the target changed.</param>
/// <param name="From">Trajectory index of the old target.</param>
/// <param name="To">Trajectory index of the new target; 0 is the teacher.</param>
/// <param name="Gap">The score gap that decided, see <see cref="DisBack.Specs.Backtracking.SwitchingState"/>; NaN if none did.</param>
public sealed record TargetSwitch(long Step, int From, int To, double Gap)
{
    /// <summary>The kind of these milestones.</summary>
    public const string Kind = "switch";

    /// <summary>The switch as a milestone.</summary>
    public Milestone ToMilestone() => new(Kind, Step, new JsonObject { ["from"] = From, ["to"] = To, ["gap"] = Payloads.Finite(Gap) });

    /// <summary>The switch that a milestone is; null if it is of another kind.</summary>
    public static TargetSwitch? Of(Milestone milestone) => milestone is { Kind: Kind, Payload: { } payload }
        ? new(milestone.Step, (int)payload["from"]!, (int)payload["to"]!, Payloads.Number(payload["gap"]))
        : null;
}

/// <summary>Numbers that may be missing: JSON knows only finite ones.</summary>
file static class Payloads
{
    public static JsonNode? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    public static double Number(JsonNode? value) => value is null ? double.NaN : (double)value;
}
