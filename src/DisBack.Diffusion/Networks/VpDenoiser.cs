using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>Variance preserving diffusion (Song et al. 2021): the raw network predicts the noise at a time in [0, M - 1].</summary>
internal sealed class VpDenoiser(NetworkSettings settings, Generator init) : Denoiser(settings, init)
{
    public override double SigmaMin => VpNoise.Sigma(Settings.EpsilonT, Settings.BetaD, Settings.BetaMin);

    public override double SigmaMax => VpNoise.Sigma(1, Settings.BetaD, Settings.BetaMin);

    internal override Preconditioner Coefficients(Tensor sigma)
    {
        var variance = sigma.square().add_(1);
        var time = (variance.log() * (2 * Settings.BetaD)).add_(Settings.BetaMin * Settings.BetaMin).sqrt_().sub_(Settings.BetaMin).div_(Settings.BetaD);
        return new(null, -sigma, variance.rsqrt(), time.mul_(Settings.TimeSteps - 1));
    }
}

/// <summary>The noise level of VP at time t: <c>sqrt(exp(beta_d t^2 / 2 + beta_min t) - 1)</c>.</summary>
internal static class VpNoise
{
    public static double Sigma(double t, double betaD, double betaMin) => Math.Sqrt(Math.Exp(0.5 * betaD * t * t + betaMin * t) - 1);

    public static Tensor Sigma(Tensor t, double betaD, double betaMin) => (t.square() * (0.5 * betaD)).add_(t * betaMin).expm1_().sqrt_();
}
