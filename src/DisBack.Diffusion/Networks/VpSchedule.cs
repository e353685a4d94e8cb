using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>The noise level of variance preserving diffusion at time t in (0, 1]: <c>sqrt(exp(beta_d t^2 / 2 + beta_min t) - 1)</c>.</summary>
internal static class VpSchedule
{
    public static double Sigma(double t, double betaD, double betaMin) => Math.Sqrt(Math.Exp(0.5 * betaD * t * t + betaMin * t) - 1);

    public static Tensor Sigma(Tensor t, double betaD, double betaMin) => (t.square() * (0.5 * betaD)).add_(t * betaMin).expm1_().sqrt_();
}
