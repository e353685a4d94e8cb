using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>Variance preserving diffusion (Song et al. 2021): the raw network predicts the noise at a time in [0, M - 1].</summary>
internal sealed class VpDenoiser(NetworkSettings settings, Generator init) : Denoiser(settings, init)
{
    public override double SigmaMin => VpSchedule.Sigma(Settings.EpsilonT, Settings.BetaD, Settings.BetaMin);

    public override double SigmaMax => VpSchedule.Sigma(1, Settings.BetaD, Settings.BetaMin);

    internal override Preconditioner Coefficients(Tensor sigma)
    {
        var variance = sigma.square().add_(1);
        var time = (variance.log() * (2 * Settings.BetaD)).add_(Settings.BetaMin * Settings.BetaMin).sqrt_().sub_(Settings.BetaMin).div_(Settings.BetaD);
        return new(null, -sigma, variance.rsqrt(), time.mul_(Settings.TimeSteps - 1));
    }
}
