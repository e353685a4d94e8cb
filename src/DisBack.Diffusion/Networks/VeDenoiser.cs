using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>Variance exploding diffusion (Song et al. 2021).</summary>
internal sealed class VeDenoiser(NetworkSettings settings, Generator init) : Denoiser(settings, init)
{
    public override double SigmaMin => Settings.SigmaMin ?? 0.02;

    public override double SigmaMax => Settings.SigmaMax ?? 100;

    internal override Preconditioner Coefficients(Tensor sigma) => new(null, sigma, null, (sigma * 0.5).log_());
}
