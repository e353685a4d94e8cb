using DisBack.Diffusion.Schedules;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Noise;

/// <summary>Draws noise levels from the laws that specs name (Karras et al. 2022, Table 1; DMD2).</summary>
public static class NoiseSampling
{
    /// <summary>Independent noise levels sigma, float32 [batch,1,1,1], on the CPU as all generators are.</summary>
    /// <exception cref="DisBackException">The law is impossible, for example indices outside its table.</exception>
    public static Tensor Sample(this NoiseLaw law, long batch, Generator generator)
    {
        using var scope = NewDisposeScope();
        long[] shape = [batch, 1, 1, 1];
        var sigma = law switch
        {
            LogNormalNoise normal => randn(shape, ScalarType.Float32, generator: generator).mul_(normal.Std).add_(normal.Mean).exp_(),
            KarrasGridNoise grid => OfGrid(grid, shape, generator),
            VpNoise vp => VpSchedule.SigmaAt(Uniform(shape, generator).mul_(vp.EpsilonT - 1).add_(1), vp.BetaD, vp.BetaMin),
            VeNoise ve => Uniform(shape, generator).mul_(Math.Log(ve.Max / ve.Min)).exp_().mul_(ve.Min),
            _ => throw new NotSupportedException($"No sampling is known for the noise law {law.GetType().Name}."),
        };
        return sigma.MoveToOuterDisposeScope();
    }

    private static Tensor Uniform(long[] shape, Generator generator) => rand(shape, ScalarType.Float32, generator: generator);

    private static Tensor OfGrid(KarrasGridNoise grid, long[] shape, Generator generator)
    {
        if (!grid.IsPossible)
        {
            throw new DisBackException(
                $"The karras-grid noise law cannot draw indices {grid.First} to {grid.Last} of {grid.Levels} levels from {grid.Min} to {grid.Max}: "
                + "order them and stay inside the table.");
        }

        double low = Math.Pow(grid.Min, 1 / grid.Rho), high = Math.Pow(grid.Max, 1 / grid.Rho);
        var index = randint(grid.First, grid.Last + 1, shape, ScalarType.Int64, generator: generator).to(ScalarType.Float64);
        return index.mul_((high - low) / (grid.Levels - 1)).add_(low).pow_(grid.Rho).to(ScalarType.Float32);
    }
}
