using DisBack.Diffusion.Noise;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Whether a network's scores mean something on the student's samples.</summary>
internal static class Calibration
{
    /// <summary>
    /// The part of the samples on which a network is calibrated (<see cref="NoiseCalibration"/>), each counted by what a host would push into it, from 0 to 1.
    /// Waits for the device.
    /// </summary>
    /// <param name="images">Samples x0 [B,C,H,W].</param>
    /// <param name="noisy">The same with noise, [B,C,H,W].</param>
    /// <param name="denoised">What the network makes of them, [B,C,H,W].</param>
    /// <param name="draw">Their noise.</param>
    /// <param name="signal">What the host hears.</param>
    public static double Of(Tensor images, Tensor noisy, Tensor denoised, Draw draw, HostSignal signal)
    {
        using var scope = NewDisposeScope();
        var (slopes, weights) = Compare(images, noisy, denoised, draw, signal);
        return NoiseCalibration.Known(slopes, weights).item<float>();
    }

    /// <summary>The slope of each sample (<see cref="NoiseCalibration.Slopes"/>), and what the host would push into it, both [B].</summary>
    /// <inheritdoc cref="Of" path="/param"/>
    public static (Tensor Slopes, Tensor Weights) Compare(Tensor images, Tensor noisy, Tensor denoised, Draw draw, HostSignal signal)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var pushed = (images - denoised).abs().mean([1, 2, 3]).pow(signal.OfResidual) * draw.Sigma.flatten().pow(signal.OfSigma);
        return (NoiseCalibration.Slopes(noisy, denoised, draw.Sigma, draw.Noise).MoveToOuterDisposeScope(), pushed.MoveToOuterDisposeScope());
    }
}
