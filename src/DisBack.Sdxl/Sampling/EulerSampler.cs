using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Sampling;

/// <summary>
/// First-order sampling of the probability flow ODE over the noise levels sigma, without fresh noise: diffusers' Euler scheduler, with which SDXL's teacher is
/// sampled.
/// </summary>
internal sealed class EulerSampler
{
    private readonly double[] _sigmas;
    private readonly TimestepSpacing _spacing;

    /// <summary>A sampler with a number of steps.</summary>
    /// <exception cref="DisBackException">The training had not so many steps.</exception>
    public EulerSampler(SchedulerConfig config, int steps)
    {
        var table = new NoiseTable(config);
        _spacing = config.Spacing;
        Timesteps = TimestepGrid.Of(steps, config);
        _sigmas = [.. Timesteps.Select(table.Sigma), 0];
    }

    /// <summary>What the network is told at each step.</summary>
    public IReadOnlyList<double> Timesteps { get; }

    /// <summary>The noise level before each step, and 0 in the end.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    /// <summary>
    /// The standard deviation of the first sample. With leading spacing, which does not begin at the most noise, it is that of a noisy sample.
    /// </summary>
    public double InitialScale => _spacing == TimestepSpacing.Leading ? Math.Sqrt(_sigmas[0] * _sigmas[0] + 1) : _sigmas[0];

    /// <summary>Draws latents, float32 of the shape and on the device of <paramref name="noise"/>.</summary>
    /// <param name="noise">Unit normal [B,C,H,W].</param>
    /// <param name="predict">The network.</param>
    /// <param name="progress">Told after each step how many are done and how many there are.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public Tensor Sample(Tensor noise, NoisePrediction predict, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        using var untracked = no_grad();
        using var scope = NewDisposeScope();
        var x = noise.to(ScalarType.Float32) * InitialScale;
        for (var i = 0; i < Timesteps.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var epsilon = predict(x / Math.Sqrt(_sigmas[i] * _sigmas[i] + 1), Timesteps[i]);
            x.add_(epsilon.to(ScalarType.Float32) * (_sigmas[i + 1] - _sigmas[i]));
            progress?.Invoke(i + 1, Timesteps.Count);
        }
        return x.MoveToOuterDisposeScope();
    }
}
