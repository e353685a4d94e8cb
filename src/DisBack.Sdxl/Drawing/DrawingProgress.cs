namespace DisBack.Sdxl.Drawing;

/// <summary>What a drawing does.</summary>
public enum DrawingPhase
{
    /// <summary>Text encoders are read and the prompts encoded.</summary>
    Prompts,

    /// <summary>The denoiser is read.</summary>
    Denoiser,

    /// <summary>Latents are sampled: progress counts evaluations of the denoiser.</summary>
    Sampling,

    /// <summary>Latents become pictures: progress counts pictures.</summary>
    Decoding,
}

/// <summary>How far a drawing is.</summary>
/// <param name="Phase">What it does.</param>
/// <param name="Done">How much of that is done.</param>
/// <param name="Of">How much there is.</param>
public readonly record struct DrawingProgress(DrawingPhase Phase, int Done, int Of);
