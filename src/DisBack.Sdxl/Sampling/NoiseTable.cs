using DisBack.Diffusion.Schedules;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Sampling;

/// <summary>
/// The noise levels that a model was trained with. A noisy sample is x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) eps, where a_t, "alpha-bar", falls with t;
/// the network predicts eps.
/// </summary>
internal sealed class NoiseTable(SchedulerConfig config)
{
    private readonly double[] _alphaBar = DiscreteVpSchedule.ScaledLinear(config.BetaStart, config.BetaEnd, config.TrainingSteps);

    /// <summary>How many noise levels there are; the time steps are 0 to this less one.</summary>
    public int Steps => _alphaBar.Length;

    /// <summary>a_t.</summary>
    public double AlphaBar(int timestep) => _alphaBar[timestep];

    /// <summary>sigma = sqrt((1 - a) / a), between whole time steps on the straight line from one to the next.</summary>
    public double Sigma(double timestep)
    {
        var below = (int)timestep;
        var sigma = At(below);
        return below == timestep ? sigma : sigma + (timestep - below) * (At(below + 1) - sigma);

        double At(int t) => Math.Sqrt((1 - _alphaBar[t]) / _alphaBar[t]);
    }

    /// <summary>x_t of a clean sample and noise, all of one shape.</summary>
    public Tensor Noised(Tensor clean, Tensor noise, int timestep)
    {
        using var scope = NewDisposeScope();
        var alphaBar = _alphaBar[timestep];
        return (clean * Math.Sqrt(alphaBar)).add_(noise * Math.Sqrt(1 - alphaBar)).MoveToOuterDisposeScope();
    }

    /// <summary>The clean sample that a prediction of eps at x_t stands for: (x_t - sqrt(1 - a_t) eps) / sqrt(a_t).</summary>
    public Tensor Clean(Tensor noisy, Tensor epsilon, int timestep)
    {
        using var scope = NewDisposeScope();
        var alphaBar = _alphaBar[timestep];
        return (noisy - epsilon * Math.Sqrt(1 - alphaBar)).div_(Math.Sqrt(alphaBar)).MoveToOuterDisposeScope();
    }
}
