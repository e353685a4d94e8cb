using static TorchSharp.torch;

namespace DisBack.Diffusion.Schedules;

/// <summary>
/// What a network F predicts, as the denoiser it stands for: D(x; sigma) = skip x + scale F, where x = image + sigma * noise. The one place where
/// predictions are converted; c_skip and c_out of Karras et al. 2022, Table 1.
/// </summary>
public sealed class Prediction
{
    private readonly Func<Tensor, (Tensor? Skip, Tensor Scale)> _coefficients;

    private Prediction(Func<Tensor, (Tensor? Skip, Tensor Scale)> coefficients) => _coefficients = coefficients;

    /// <summary>F is the clean image.</summary>
    public static Prediction Denoiser { get; } = new(sigma => (zeros_like(sigma), ones_like(sigma)));

    /// <summary>F is the noise: D = x - sigma F (DDPM, iDDPM, Stable Diffusion).</summary>
    public static Prediction Epsilon { get; } = new(sigma => (null, -sigma));

    /// <summary>F is the score times sigma, that is the noise with its sign changed: D = x + sigma F (NCSN).</summary>
    public static Prediction ScaledScore { get; } = new(sigma => (null, sigma));

    /// <summary>F is v = alpha * noise - sigma_vp * image of the variance preserving sample (Salimans and Ho 2022).</summary>
    public static Prediction Velocity { get; } = new(sigma =>
    {
        var variance = sigma.square().add_(1);
        return (variance.reciprocal(), -sigma * variance.rsqrt());
    });

    /// <summary>F is what remains of the image at unit variance (EDM).</summary>
    /// <param name="sigmaData">Standard deviation of the data.</param>
    public static Prediction Edm(double sigmaData) => new(sigma =>
    {
        var variance = sigma.square().add_(sigmaData * sigmaData);
        return (sigmaData * sigmaData / variance, sigma * sigmaData * variance.rsqrt());
    });

    /// <summary>Skip (null is 1) and scale at noise levels [B,1,1,1], each of that shape.</summary>
    public (Tensor? Skip, Tensor Scale) At(Tensor sigma) => _coefficients(sigma);
}
