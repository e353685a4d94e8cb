using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Backtracking;

/// <summary>When stage 2 moves on to the next target. It never walks past the teacher.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "policy")]
[JsonDerivedType(typeof(FixedInterval), "fixed")]
[JsonDerivedType(typeof(Plateau), "plateau")]
[JsonDerivedType(typeof(ScoreGap), "score-gap")]
[JsonDerivedType(typeof(Never), "never")]
[JsonDerivedType(typeof(Interpolated), "interpolated")]
[JsonDerivedType(typeof(NodeGap), "node-gap")]
[JsonDerivedType(typeof(Calibrated), "calibrated")]
public abstract record SwitchingPolicy
{
    /// <summary>
    /// A target whose score gap is below this is left at once, whatever the policy: it has nothing to say to the student that it does not do already. 0 skips
    /// none.
    /// </summary>
    [Range(0.0, 100.0)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double SkipBelow { get; init; }

    /// <summary>Iterations between two comparisons of the target with the next node, which cost evaluations of both; null makes none.</summary>
    [JsonIgnore]
    public virtual int? ComparisonInterval => null;

    /// <summary>Whether the policy may go back to the node before, also from the teacher.</summary>
    [JsonIgnore]
    public virtual bool MayReturn => false;

    /// <summary>Whether the next target is due after an iteration.</summary>
    public bool Switches(in SwitchingState state) => (state.Gap > 0 && state.Gap < SkipBelow) || IsDue(state);

    /// <summary>Whether the node before becomes the target again after an iteration.</summary>
    public virtual bool Returns(in SwitchingState state) => false;

    /// <summary>How much of the next node the target is in the coming iteration, from 0, which is the node alone, to 1.</summary>
    public virtual double Blend(in SwitchingState state) => 0;

    /// <summary>Whether the policy has had enough of the current target.</summary>
    protected abstract bool IsDue(in SwitchingState state);
}

/// <summary>What a switching policy sees after an iteration; all of it is part of the checkpoint.</summary>
/// <param name="Iteration">The iteration just made, from 0.</param>
/// <param name="SinceSwitch">Iterations made against the current target, this one included.</param>
/// <param name="Gap">
/// Exponential average of the score gap, mean |D_phi - D_target| over the mean of |x0 - D_target|: how much the current target still asks for.
/// </param>
/// <param name="PeakGap">
/// The largest average since the current target had been in force for <see cref="WarmUp"/> iterations. Checkpoints keep the name it has always had there.
/// </param>
/// <param name="BestGap">The smallest average since the switch.</param>
/// <param name="SinceBest">Iterations since <paramref name="BestGap"/> last fell noticeably.</param>
/// <param name="NextGap">
/// The gap from the next node to the current target on the student's samples, measured like <paramref name="Gap"/>; 0 unless the policy compares nodes.
/// </param>
/// <param name="Calibration">
/// The part of the student's noisy samples, counted by what they push the student with, on which the target is calibrated: it takes the noise on them, and
/// nothing else, for noise. 0 unless the policy compares nodes.
/// </param>
/// <param name="NextCalibration">The same of the next node.</param>
public readonly record struct SwitchingState(
    long Iteration,
    long SinceSwitch,
    double Gap,
    [property: JsonPropertyName("FirstGap")] double PeakGap,
    double BestGap,
    long SinceBest,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double NextGap = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double Calibration = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double NextCalibration = 0)
{
    /// <summary>Iterations before a new target's gap average means something.</summary>
    public const int WarmUp = 5;
}

/// <summary>
/// The target changes after every iteration whose number, counted from 0, is a multiple of <c>interval</c>, as in the paper's loop: the first target is kept
/// for <c>interval</c> + 1 iterations, every later one for <c>interval</c>.
/// </summary>
public sealed record FixedInterval : SwitchingPolicy
{
    /// <summary>Iterations per target; the first target has one more.</summary>
    [Range(1, int.MaxValue)]
    public int Interval { get; init; } = 30;

    /// <inheritdoc/>
    protected override bool IsDue(in SwitchingState state) => state.Iteration > 0 && state.Iteration % Interval == 0;
}

/// <summary>The next target is due when the score gap has not fallen noticeably for <c>patience</c> iterations.</summary>
public sealed record Plateau : SwitchingPolicy
{
    /// <summary>Iterations without a noticeable fall.</summary>
    [Range(1, int.MaxValue)]
    public int Patience { get; init; } = 10;

    /// <inheritdoc/>
    protected override bool IsDue(in SwitchingState state) => state.SinceSwitch > SwitchingState.WarmUp && state.SinceBest >= Patience;
}

/// <summary>The next target is due when the score gap has fallen to <c>ratio</c> of its peak, and after <c>at_most</c> iterations at the latest.</summary>
/// <remarks>
/// The peak, because the gap first rises: a new target moves the student away from where the fake score has learned it, and only then does the gap close.
/// </remarks>
public sealed record ScoreGap : SwitchingPolicy
{
    /// <summary>The part of the largest gap to this target that counts as reached.</summary>
    [Range(0.0, 1.0)]
    public double Ratio { get; init; } = 0.5;

    /// <summary>Iterations after which the target changes even if the gap has not closed.</summary>
    [Range(1, int.MaxValue)]
    public int AtMost { get; init; } = 50;

    /// <inheritdoc/>
    protected override bool IsDue(in SwitchingState state) =>
        state.SinceSwitch >= AtMost || (state.SinceSwitch > SwitchingState.WarmUp && state.Gap <= Ratio * state.PeakGap);
}

/// <summary>The first target is kept to the end.</summary>
public sealed record Never : SwitchingPolicy
{
    /// <inheritdoc/>
    protected override bool IsDue(in SwitchingState state) => false;
}

/// <summary>
/// The target moves in every iteration: its weights are those of a node and the next in a proportion that falls evenly, and after <c>interval</c> iterations
/// it is the next node.
/// </summary>
public sealed record Interpolated : SwitchingPolicy
{
    /// <summary>Iterations from one node to the next.</summary>
    [Range(1, int.MaxValue)]
    public int Interval { get; init; } = 30;

    /// <inheritdoc/>
    protected override bool IsDue(in SwitchingState state) => state.SinceSwitch >= Interval;

    /// <inheritdoc/>
    public override double Blend(in SwitchingState state) => (double)state.SinceSwitch / Interval;
}

/// <summary>
/// The next target is due when the student is as near to this one as the next node is: the score gap has fallen to <c>ratio</c> of the gap between the two
/// nodes on the student's samples, or after <c>at_most</c> iterations.
/// </summary>
public sealed record NodeGap : SwitchingPolicy
{
    /// <summary>The part of the gap between the nodes that counts as reached.</summary>
    [Range(0.0, 100.0)]
    public double Ratio { get; init; } = 1;

    /// <summary>Iterations after which the target changes all the same.</summary>
    [Range(1, int.MaxValue)]
    public int AtMost { get; init; } = 50;

    /// <inheritdoc/>
    /// <remarks>How far two nodes are apart changes slowly.</remarks>
    [JsonIgnore]
    public override int? ComparisonInterval => 10;

    /// <inheritdoc/>
    protected override bool IsDue(in SwitchingState state) =>
        state.SinceSwitch >= AtMost || (state.SinceSwitch > SwitchingState.WarmUp && state.Gap <= Ratio * state.NextGap);
}

/// <summary>
/// The next target is due as soon as it knows the student's samples: on <c>least</c> of them it takes no part of a sample for noise. So the target is the node
/// nearest to the teacher whose scores mean something to the student, and a node that is not needed is left after one iteration.
/// </summary>
public sealed record Calibrated : SwitchingPolicy, IValidatableObject
{
    /// <summary>The part of the student's noisy samples on which the next node must be calibrated.</summary>
    [Range(0.0, 1.0)]
    public double Least { get; init; } = 0.3;

    /// <summary>
    /// The part under which the target has lost the student's samples: then the node before it is the target again. 0 never goes back.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Keep { get; init; }

    /// <summary>Iterations between two looks.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 5;

    /// <summary>Iterations after which the target changes all the same; absent: it waits.</summary>
    [Range(1, int.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? AtMost { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override int? ComparisonInterval => Every;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool MayReturn => Keep > 0;

    /// <inheritdoc/>
    public override bool Returns(in SwitchingState state) => state.Calibration < Keep;

    /// <inheritdoc/>
    protected override bool IsDue(in SwitchingState state) => state.NextCalibration >= Least || state.SinceSwitch >= AtMost;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Keep > 0 && Keep >= Least)
        {
            yield return new ValidationResult(
                $"a target would be given up at {Keep} of the samples and taken at {Least}, and so never be kept; set keep below least", [nameof(Keep)]);
        }
    }
}
