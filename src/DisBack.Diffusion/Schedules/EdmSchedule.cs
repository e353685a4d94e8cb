using static TorchSharp.torch;

namespace DisBack.Diffusion.Schedules;

/// <summary>EDM (Karras et al. 2022): inputs have unit variance at every noise level, and the time is ln(sigma) / 4.</summary>
/// <param name="sigmaData">Standard deviation of the data.</param>
/// <param name="sigmaMin">Smallest supported noise level.</param>
/// <param name="sigmaMax">Largest supported noise level.</param>
public sealed class EdmSchedule(double sigmaData, double sigmaMin = 0, double sigmaMax = double.PositiveInfinity) : NoiseSchedule
{
    /// <inheritdoc/>
    public override double SigmaMin => sigmaMin;

    /// <inheritdoc/>
    public override double SigmaMax => sigmaMax;

    /// <inheritdoc/>
    public override Tensor InputScale(Tensor sigma) => sigma.square().add_(sigmaData * sigmaData).rsqrt_();

    /// <inheritdoc/>
    public override Tensor Time(Tensor sigma) => sigma.log().div_(4);
}
