using DisBack.Diffusion.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation;

/// <summary>A denoiser used as a one-step generator: G(z) = D(sigma_init * z; sigma_init) (Diff-Instruct).</summary>
public static class OneStepGenerator
{
    /// <summary>Images x0 [B,C,H,W] from latents z [B,C,H,W].</summary>
    /// <param name="network">The generator's network.</param>
    /// <param name="latents">z ~ N(0, I).</param>
    /// <param name="sigmaInit">The noise level the network is told.</param>
    /// <param name="labels">One-hot classes [B,label_dim], or null.</param>
    public static Tensor Generate(Denoiser network, Tensor latents, double sigmaInit, Tensor? labels)
    {
        using var sigma = full([latents.shape[0], 1, 1, 1], sigmaInit, float32, latents.device);
        using var input = latents * sigmaInit;
        return network.forward(input, sigma, labels);
    }
}
