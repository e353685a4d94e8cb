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
            KarrasNoise karras => Karras(Uniform(shape, generator), karras.Min, karras.Max, karras.Rho),
            VpNoise vp => VpSchedule.SigmaAt(Uniform(shape, generator).mul_(vp.EpsilonT - 1).add_(1), vp.BetaD, vp.BetaMin),
            VeNoise ve => Uniform(shape, generator).mul_(Math.Log(ve.Max / ve.Min)).exp_().mul_(ve.Min),
            IddpmNoise iddpm => OfTable(DiscreteVpSchedule.Iddpm(iddpm.TimeSteps, iddpm.C1, iddpm.C2), iddpm.TimeSteps, shape, generator),
            ScaledLinearNoise discrete => OfTimeSteps(discrete, shape, generator),
            _ => throw new NotSupportedException($"No sampling is known for the noise law {law.GetType().Name}."),
        };
        return sigma.MoveToOuterDisposeScope();
    }

    private static Tensor Uniform(long[] shape, Generator generator) => rand(shape, ScalarType.Float32, generator: generator);

    /// <summary>Uniformly from the first <paramref name="count"/> entries of a table.</summary>
    private static Tensor OfTable(float[] table, int count, long[] shape, Generator generator) =>
        tensor(table)[randint(0, count, shape, ScalarType.Int64, generator: generator)];

    private static Tensor OfTimeSteps(ScaledLinearNoise discrete, long[] shape, Generator generator)
    {
        if (!discrete.IsPossible)
        {
            throw new DisBackException($"The scaled-linear noise law cannot draw time steps {discrete.First} to {discrete.Last} of {discrete.TimeSteps}: order "
                + "them and stay inside the table.");
        }
        var table = tensor(DiscreteVpSchedule.SigmasOf(DiscreteVpSchedule.ScaledLinear(discrete.BetaStart, discrete.BetaEnd, discrete.TimeSteps)));
        return table[randint(discrete.First, discrete.Last + 1, shape, ScalarType.Int64, generator: generator)];
    }

    private static Tensor OfGrid(KarrasGridNoise grid, long[] shape, Generator generator)
    {
        if (!grid.IsPossible)
        {
            throw new DisBackException(
                $"The karras-grid noise law cannot draw indices {grid.First} to {grid.Last} of {grid.Levels} levels from {grid.Min} to {grid.Max}: "
                + "order them and stay inside the table.");
        }

        var index = randint(grid.First, grid.Last + 1, shape, ScalarType.Int64, generator: generator).to(ScalarType.Float64);
        return Karras(index, grid.Min, grid.Max, grid.Rho, grid.Levels - 1);
    }

    /// <summary>The noise levels at the parts <paramref name="time"/> / <paramref name="end"/> of the way from the smallest to the largest.</summary>
    private static Tensor Karras(Tensor time, double min, double max, double rho, double end = 1)
    {
        double low = Math.Pow(min, 1 / rho), high = Math.Pow(max, 1 / rho);
        return time.to(ScalarType.Float64).mul_((high - low) / end).add_(low).pow_(rho).to(ScalarType.Float32);
    }
}
