using DisBack.Diffusion.Conditions;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>What a denoiser is asked about.</summary>
/// <param name="X">Noisy samples [B,C,H,W].</param>
/// <param name="Sigma">Noise levels: [B] or [B,1,1,1], or one for all samples.</param>
/// <param name="Condition">What the samples are to show, B rows, or one for all; null is nothing.</param>
/// <param name="AugmentLabels">Augmentation labels [B,augment_dim], or null.</param>
internal readonly record struct NoisyBatch(Tensor X, Tensor Sigma, Condition? Condition, Tensor? AugmentLabels)
{
    /// <summary>Some of the samples, as views.</summary>
    public NoisyBatch Rows(long first, long count) => new(
        X.narrow(0, first, count),
        Sigma.numel() == 1 ? Sigma : Sigma.narrow(0, first, count),
        Condition is null or { Count: 1 } ? Condition : Condition.Rows(first, count),
        AugmentLabels?.narrow(0, first, count));
}
