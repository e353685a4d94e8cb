using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts;

/// <summary>What a host is distilled against: the denoiser D_i of a node, perhaps with classifier-free guidance (arXiv 2207.12598, Eq. 6).</summary>
/// <param name="Network">The denoiser: to be evaluated only.</param>
/// <param name="Guidance">How many times the difference that the condition makes is counted; 1 is no guidance.</param>
internal readonly record struct TargetScore(Denoiser Network, double Guidance = 1)
{
    /// <summary>D_i(x; sigma), [B,C,H,W]; gradients reach the samples.</summary>
    /// <param name="noisy">Noisy samples [B,C,H,W].</param>
    /// <param name="sigma">Noise levels [B,1,1,1].</param>
    /// <param name="condition">What the samples are to show, or null.</param>
    public Tensor Denoise(Tensor noisy, Tensor sigma, Condition? condition)
    {
        var shown = Network.forward(noisy, sigma, condition);
        // Same with 'false': but for the time of another evaluation.
        return Guidance == 1 || condition is null ? shown : Network.forward(noisy, sigma).lerp(shown, Guidance);
    }
}
