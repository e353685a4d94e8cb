using static TorchSharp.torch;

namespace DisBack.Diffusion.Schedules;

/// <summary>Variance exploding diffusion (Song et al. 2021): the sample as it is, and the time ln(sigma / 2).</summary>
/// <param name="sigmaMin">Smallest supported noise level.</param>
/// <param name="sigmaMax">Largest supported noise level.</param>
public sealed class VeSchedule(double sigmaMin, double sigmaMax) : NoiseSchedule
{
    /// <inheritdoc/>
    public override double SigmaMin => sigmaMin;

    /// <inheritdoc/>
    public override double SigmaMax => sigmaMax;

    /// <inheritdoc/>
    public override Tensor? InputScale(Tensor sigma) => null;

    /// <inheritdoc/>
    public override Tensor Time(Tensor sigma) => (sigma * 0.5).log_();
}
