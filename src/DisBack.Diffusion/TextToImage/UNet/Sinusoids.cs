using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>Numbers as cosines, then sines, of their multiples by geometric frequencies from 1 to almost 1/10,000.</summary>
internal static class Sinusoids
{
    private const double LongestPeriod = 10_000;

    /// <summary>Embeds numbers [N], whole or not, as [N, width] of float32: in a shorter type times near 1000 could not be told apart.</summary>
    public static Tensor Of(Tensor numbers, int width)
    {
        using var scope = NewDisposeScope();
        var half = width / 2;
        var frequencies = arange(half, ScalarType.Float32, numbers.device).mul_(-Math.Log(LongestPeriod)).div_(half).exp_();
        var phases = outer(numbers.to(ScalarType.Float32), frequencies);
        return cat([phases.cos(), phases.sin()], 1).MoveToOuterDisposeScope();
    }
}
