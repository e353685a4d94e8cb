using System.ComponentModel.DataAnnotations;
using DisBack.Specs.Noise;
using DisBack.Specs.Training;

namespace DisBack.Specs.Backtracking;

/// <summary>Stage 2, distribution backtracking: the host method against the recorded targets, from the most degraded one back to the teacher.</summary>
public sealed record BacktrackingSettings
{
    /// <summary>Iterations: one fake-score update each.</summary>
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 300;

    /// <summary>Generated images per iteration.</summary>
    [Range(1, 65536)]
    public int Batch { get; init; } = 128;

    /// <summary>
    /// The score-distillation method, by what it pushes into the generated image x0: <c>dmd</c>, (D_fake - D_target) over the mean |x0 - D_target| of each
    /// sample; <c>diff-instruct</c>, D_fake - D_target; <c>score</c>, that over sigma^2.
    /// </summary>
    public HostMethod Host { get; init; } = HostMethod.Dmd;

    /// <summary>Two-time-scale rule: the generator moves in every n-th iteration, the fake score in every one.</summary>
    [Range(1, 1000)]
    public int FakeUpdatesPerGeneratorUpdate { get; init; } = 1;

    /// <summary>Noise levels at which the scores are compared and the fake score is trained.</summary>
    public NoiseLaw Noise { get; init; } = new LogNormalNoise();

    /// <summary>How the generator is updated.</summary>
    public OptimizerSettings Generator { get; init; } = new() { LearningRate = 1e-4 };

    /// <summary>The average of the generator's weights that is evaluated and exported.</summary>
    public EmaSettings Ema { get; init; } = new();

    /// <summary>How the fake score is updated.</summary>
    public OptimizerSettings Fake { get; init; } = new() { LearningRate = 5e-4 };

    /// <summary>When the target changes.</summary>
    public SwitchingPolicy Switching { get; init; } = new ScoreGap();

    /// <summary>The run stops when the mean per-pixel standard deviation over a batch of generated images falls under this.</summary>
    [Range(0.0, 1.0)]
    public double CollapseThreshold { get; init; } = 0.01;
}
