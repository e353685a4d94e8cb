using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Noise;
using DisBack.Specs.Training;

namespace DisBack.Specs.Recording;

/// <summary>Stage 1, degradation recording: Eq. (7) of the paper.</summary>
[Description("Stage 1, degradation recording: how the teacher learns the untrained student's distribution, and which of its weights are kept.")]
public sealed record RecordingSettings
{
    /// <summary>Degradation steps; 0 records the teacher alone, which is the host without DisBack.</summary>
    [Description("Degradation steps; 0 records the teacher alone, which is the host method without DisBack.")]
    [Range(0, int.MaxValue)]
    public int Steps { get; init; } = 64;

    /// <summary>Student samples per step.</summary>
    [Description("Student samples per step.")]
    [Range(1, 65536)]
    public int Batch { get; init; } = 128;

    /// <summary>How the degrading network is updated.</summary>
    [Description("How the degrading network is updated.")]
    public OptimizerSettings Optimizer { get; init; } = new() { LearningRate = 5e-4 };

    /// <summary>Noise levels of the denoising loss; by default those the teacher was trained with.</summary>
    [Description("Noise levels of the denoising loss.")]
    public NoiseLaw Noise { get; init; } = new LogNormalNoise();

    /// <summary>Seed of stage 1; null is the experiment's own. Experiments of several seeds that name one here share one trajectory.</summary>
    [Description("Seed of stage 1; absent: the experiment's seed. Experiments of several seeds that give the same one here share one trajectory.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Seed { get; init; }

    /// <summary>Which steps become nodes.</summary>
    [Description("Which steps become nodes.")]
    public RecordingPolicy Nodes { get; init; } = new LogSpaced();
}
