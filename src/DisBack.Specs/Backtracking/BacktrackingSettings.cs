using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Training;

namespace DisBack.Specs.Backtracking;

/// <summary>Stage 2, distribution backtracking: a host method against the recorded targets, from the most degraded one back to the teacher.</summary>
/// <remarks>What all hosts have in common; each host has a record of its own with its options and their defaults.</remarks>
[Description("Stage 2, distribution backtracking: the host method against the recorded targets, from the most degraded one back to the teacher.")]
[JsonPolymorphic(TypeDiscriminatorPropertyName = "host")]
[JsonDerivedType(typeof(DmdSettings), "dmd")]
[JsonDerivedType(typeof(DiffInstructSettings), "diff-instruct")]
[JsonDerivedType(typeof(ScoreSettings), "score")]
[UnlessNamed(typeof(DmdSettings))]
public abstract record BacktrackingSettings
{
    /// <summary>Iterations of the host.</summary>
    [Description("Iterations of the host.")]
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 300;

    /// <summary>Generated images per iteration.</summary>
    [Description("Generated images per iteration.")]
    [Range(1, 65536)]
    public int Batch { get; init; } = 128;

    /// <summary>How the generator is updated.</summary>
    [Description("How the generator is updated.")]
    public OptimizerSettings Generator { get; init; } = new() { LearningRate = 1e-4 };

    /// <summary>The average of the generator's weights that is evaluated and exported.</summary>
    [Description("The average of the generator's weights that is evaluated and exported.")]
    public EmaSettings Ema { get; init; } = new();

    /// <summary>When the target changes.</summary>
    [Description("When the target changes.")]
    public SwitchingPolicy Switching { get; init; } = new ScoreGap();

    /// <summary>The run stops when the mean per-pixel standard deviation over a batch of generated images falls under this.</summary>
    [Description("The run stops when the mean per-pixel standard deviation over a batch of generated images falls under this.")]
    [Range(0.0, 1.0)]
    public double CollapseThreshold { get; init; } = 0.01;

    /// <summary>Updates of the generator in all iterations, which its learning rate's schedule is stretched over.</summary>
    [JsonIgnore]
    public virtual long GeneratorUpdates => Steps;
}
