using DisBack.Diffusion.Conditions;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Everything random that one pass over generated samples needs.</summary>
/// <param name="Latents">z ~ N(0, I), [B,...] of the generator's latent shape; where it has several steps, of as many of them as are made.</param>
/// <param name="Sigma">Noise levels, [B,1,1,1].</param>
/// <param name="Noise">eps ~ N(0, I), [B,C,H,W].</param>
/// <param name="Condition">What the samples are to show; null is nothing.</param>
public readonly record struct Draw(Tensor Latents, Tensor Sigma, Tensor Noise, Condition? Condition)
{
    /// <summary>Seeds of what is dropped of each sample, int64 [2,B]: first by the generator, then by all scores; null where nothing is.</summary>
    public Tensor? DropoutSeeds { get; init; }
}
