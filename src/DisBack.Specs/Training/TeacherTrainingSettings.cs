using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using DisBack.Specs.Noise;

namespace DisBack.Specs.Training;

/// <summary>How a teacher is trained: denoising score matching on data (EDM, training/training_loop.py).</summary>
[Description("How a teacher is trained: denoising score matching on data.")]
public sealed record TeacherTrainingSettings
{
    /// <summary>Training steps.</summary>
    [Description("Training steps.")]
    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 3000;

    /// <summary>Images per step.</summary>
    [Description("Images per step.")]
    [Range(1, 65536)]
    public int Batch { get; init; } = 128;

    /// <summary>How the network is updated.</summary>
    [Description("How the network is updated.")]
    public OptimizerSettings Optimizer { get; init; } = new() { LearningRate = 1e-3, Betas = [0.9, 0.999] };

    /// <summary>Noise levels of the denoising loss.</summary>
    [Description("Noise levels of the denoising loss.")]
    public NoiseLaw Noise { get; init; } = new LogNormalNoise();

    /// <summary>The average of the weights that becomes the teacher.</summary>
    [Description("The average of the weights that becomes the teacher.")]
    public EmaSettings Ema { get; init; } = new() { HalfLifeImages = 50_000 };
}
