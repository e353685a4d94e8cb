using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Sampling;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Sampling;

/// <summary>
/// Second-order sampling of the probability flow ODE, or with churn of the corresponding SDE (Karras et al. 2022, Algorithms 1 and 2;
/// EDM, generate.py). The state is float64, as in EDM; the network sees float32.
/// </summary>
public sealed class HeunSampler
{
    private readonly Denoiser _denoiser;
    private readonly HeunSettings _settings;
    private readonly double[] _levels;

    /// <summary>A sampler of one network.</summary>
    public HeunSampler(Denoiser denoiser, HeunSettings? settings = null)
    {
        _denoiser = denoiser;
        _settings = settings ?? new();
        _levels = Levels();
    }

    /// <summary>The noise levels t_0 &gt; ... &gt; t_{N-1} &gt; t_N = 0, as far as the network supports them.</summary>
    public IReadOnlyList<double> NoiseLevels => _levels;

    /// <summary>Draws images, float64 [B,C,H,W], nominally in [-1,1].</summary>
    /// <param name="latents">Unit normal noise [B,C,H,W] on the network's device.</param>
    /// <param name="condition">What the images are to show, or null.</param>
    /// <param name="churn">Source of the fresh noise; needed if the settings add any.</param>
    public Tensor Sample(Tensor latents, Condition? condition = null, Generator? churn = null)
    {
        using var untracked = no_grad();
        using var scope = NewDisposeScope();
        var x = latents.to(ScalarType.Float64) * _levels[0];
        for (var i = 0; i < _settings.Steps; i++)
        {
            using var step = NewDisposeScope();
            double current = _levels[i], next = _levels[i + 1];
            var (from, noisy) = Churned(x, current, churn);
            var slope = Slope(noisy, from, condition);
            x = noisy + slope * (next - from);
            // The last step ends at no noise, where there is no slope to correct with.
            if (i < _settings.Steps - 1)
            {
                x = noisy + (slope + Slope(x, next, condition)).mul_(0.5 * (next - from));
            }
            x.MoveToOuterDisposeScope();
        }
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>dx/dsigma = (x - D(x; sigma)) / sigma.</summary>
    private Tensor Slope(Tensor x, double sigma, Condition? condition)
    {
        using var level = full([1], sigma, ScalarType.Float64, x.device);
        using var denoised = _denoiser.forward(x, level, condition);
        return (x - denoised).div_(sigma);
    }

    private (double Sigma, Tensor X) Churned(Tensor x, double sigma, Generator? churn)
    {
        if (_settings.Churn == 0 || sigma < _settings.ChurnMin || sigma > (_settings.ChurnMax ?? double.PositiveInfinity))
        {
            return (sigma, x);
        }
        if (churn is null)
        {
            throw new ArgumentNullException(nameof(churn), "A sampler with churn needs a generator for its noise.");
        }
        var raised = Rounded([sigma * (1 + Math.Min(_settings.Churn / _settings.Steps, Math.Sqrt(2) - 1))])[0];
        var added = _settings.ChurnNoise * Math.Sqrt(raised * raised - sigma * sigma);
        return (raised, x + randn(x.shape, ScalarType.Float64, generator: churn).SentTo(x.device).mul_(added));
    }

    private double[] Levels()
    {
        var lowest = Math.Max(_settings.SigmaMin, _denoiser.Schedule.SigmaMin);
        var highest = Math.Min(_settings.SigmaMax, _denoiser.Schedule.SigmaMax);
        if (_settings.Steps < 2 || lowest >= highest)
        {
            throw new DisBackException($"The sampler cannot go from noise level {highest} to {lowest} in {_settings.Steps} steps: use at least two steps and "
                + $"levels between {_denoiser.Schedule.SigmaMin} and {_denoiser.Schedule.SigmaMax}.");
        }
        double from = Math.Pow(highest, 1 / _settings.Rho), to = Math.Pow(lowest, 1 / _settings.Rho);
        var levels = Enumerable.Range(0, _settings.Steps).Select(i => Math.Pow(from + i / (_settings.Steps - 1.0) * (to - from), _settings.Rho));
        return [.. Rounded([.. levels]), 0];
    }

    private double[] Rounded(double[] sigmas)
    {
        using var scope = NewDisposeScope();
        return _denoiser.Schedule.Round(tensor(sigmas)).data<double>().ToArray();
    }
}
