using static TorchSharp.torch;

namespace DisBack.Diffusion.Schedules;

/// <summary>
/// Variance preserving diffusion in continuous time (Song et al. 2021): sigma(t) = sqrt(exp(beta_d t^2 / 2 + beta_min t) - 1) for t in (0, 1],
/// and the network is told (M - 1) t.
/// </summary>
/// <param name="betaD">Slope of the noise rate.</param>
/// <param name="betaMin">Initial noise rate.</param>
/// <param name="epsilonT">Smallest time.</param>
/// <param name="timeSteps">Number of time steps M of the original formulation.</param>
public sealed class VpSchedule(double betaD, double betaMin, double epsilonT, int timeSteps) : NoiseSchedule
{
    /// <inheritdoc/>
    public override double SigmaMin => SigmaAt(epsilonT, betaD, betaMin);

    /// <inheritdoc/>
    public override double SigmaMax => SigmaAt(1, betaD, betaMin);

    /// <inheritdoc/>
    public override Tensor InputScale(Tensor sigma) => sigma.square().add_(1).rsqrt_();

    /// <inheritdoc/>
    public override Tensor Time(Tensor sigma)
    {
        var variance = sigma.square().add_(1);
        var time = (variance.log() * (2 * betaD)).add_(betaMin * betaMin).sqrt_().sub_(betaMin).div_(betaD);
        return time.mul_(timeSteps - 1);
    }

    /// <summary>sigma(t).</summary>
    internal static Tensor SigmaAt(Tensor t, double betaD, double betaMin) => (t.square() * (0.5 * betaD)).add_(t * betaMin).expm1_().sqrt_();

    internal static double SigmaAt(double t, double betaD, double betaMin) => Math.Sqrt(Math.Exp(0.5 * betaD * t * t + betaMin * t) - 1);
}
