using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Noise;
using DisBack.Specs.Training;

namespace DisBack.Specs.Backtracking;

/// <summary>Stage 2, distribution backtracking: the host method against the recorded targets, from the most degraded one back to the teacher.</summary>
/// <remarks>What all hosts have in common; each host has a record of its own with its options and their defaults.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "host")]
[JsonDerivedType(typeof(DmdSettings), "dmd")]
[JsonDerivedType(typeof(DiffInstructSettings), "diff-instruct")]
[JsonDerivedType(typeof(ScoreSettings), "score")]
[JsonDerivedType(typeof(Dmd2Settings), "dmd2")]
[JsonDerivedType(typeof(FDistillSettings), "f-distill")]
[JsonDerivedType(typeof(VsdSettings), "vsd")]
[JsonDerivedType(typeof(SdsSettings), "sds")]
[JsonDerivedType(typeof(SidSettings), "sid")]
[JsonDerivedType(typeof(ScoreGanSettings), "score-gan")]
[JsonDerivedType(typeof(DiscriminatorFlowSettings), "discriminator-flow")]
[UnlessNamed(typeof(DmdSettings))]
public abstract record BacktrackingSettings : IValidatableObject
{
    /// <summary>Iterations of the host.</summary>
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 300;

    /// <summary>Generated images per iteration.</summary>
    [Range(1, 65536)]
    public int Batch { get; init; } = 128;

    /// <inheritdoc cref="TeacherTrainingSettings.Accumulate" path="/summary"/>
    [Range(1, 65536)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Accumulate { get; init; }

    /// <summary>How the generator is updated.</summary>
    public OptimizerSettings Generator { get; init; } = new() { LearningRate = 1e-4 };

    /// <summary>The average of the generator's weights that is evaluated and exported.</summary>
    public EmaSettings Ema { get; init; } = new();

    /// <summary>When the target changes.</summary>
    public SwitchingPolicy Switching { get; init; } = new ScoreGap();

    /// <summary>
    /// The node that is the first target: 0 is the teacher, and the host without intermediate targets; absent is the one before the last. A shorter
    /// trajectory begins at its last node.
    /// </summary>
    [Range(0, int.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? FirstTarget { get; init; }

    /// <summary>A floor under noise that is so little that the target does not know the student's samples; absent: one with its defaults.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NoiseFloor? NoiseFloor { get; init; }

    /// <summary>Classifier-free guidance of the target; absent is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GuidanceSettings? Guidance { get; init; }

    /// <summary>
    /// How exactly the frozen target computes, <c>fp32</c> or <c>bf16</c>; absent is as the other networks. It is the one network that nothing is
    /// learnt in.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Precision? TargetPrecision { get; init; }

    /// <summary>The run stops when the mean per-pixel standard deviation over a batch of generated images falls under this.</summary>
    [Range(0.0, 1.0)]
    public double CollapseThreshold { get; init; } = 0.01;

    /// <summary>Images that are computed at once.</summary>
    [JsonIgnore]
    public int BatchPart => Batch / (Accumulate ?? 1);

    /// <summary>Whether the host can compute its batch in parts.</summary>
    [JsonIgnore]
    public virtual bool CanAccumulate => false;

    /// <summary>Updates of the generator in all iterations, which its learning rate's schedule is stretched over.</summary>
    [JsonIgnore]
    public virtual long GeneratorUpdates => Steps;

    /// <summary>The index of the first target on a trajectory; a teacher alone is its own target.</summary>
    /// <param name="nodes">Number of nodes, the teacher included.</param>
    public int FirstTargetOf(int nodes) => Math.Clamp(FirstTarget ?? nodes - 2, 0, nodes - 1);

    /// <summary>The index of the node that the fake score begins at; the last one models what the untrained student makes.</summary>
    /// <param name="nodes">Number of nodes, the teacher included.</param>
    public virtual int FakeStartOf(int nodes) => nodes - 1;

    /// <summary>Where what the host tells the student comes from.</summary>
    [JsonIgnore]
    public virtual HostSignal Signal => new(new LogNormalNoise());

    /// <summary>The floor under the noise, set or by default; never one for a host that compares no scores.</summary>
    [JsonIgnore]
    public virtual NoiseFloor FloorInForce => NoiseFloor ?? new();

    /// <summary>Whether the host learns from real images.</summary>
    [JsonIgnore]
    public virtual bool NeedsData => false;

    /// <inheritdoc/>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TargetPrecision is Precision.Tf32)
        {
            yield return new ValidationResult("tf32 is of the whole run, as hardware.precision; choose fp32 or bf16", [nameof(TargetPrecision)]);
        }
        if (Accumulate is not null && !CanAccumulate)
        {
            yield return new ValidationResult(
                "only the host dmd2 computes its batch in parts; leave accumulate out, and make backtracking.batch smaller", [nameof(Accumulate)]);
        }
        if (Accumulate is > 0 and var parts && Batch % parts != 0)
        {
            yield return new ValidationResult(
                $"a batch of {Batch} has no {parts} parts of equal size; choose a divisor of backtracking.batch", [nameof(Accumulate)]);
        }
    }
}
