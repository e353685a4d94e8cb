using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// Improved DDPM (Nichol and Dhariwal 2021): noise levels come from the table <c>u</c>, and the second half of the raw network's output, once
/// a variance, is ignored.
/// </summary>
internal sealed class IddpmDenoiser : Denoiser
{
    private readonly Tensor u;

    public IddpmDenoiser(NetworkSettings settings, Generator init)
        : base(settings, init, outputsPerChannel: 2)
    {
        var table = NoiseLevels(settings);
        SigmaMin = table[settings.TimeSteps - 1];
        SigmaMax = table[0];
        u = tensor(table).DetachFromDisposeScope();
        register_buffer(nameof(u), u);
    }

    public override double SigmaMin { get; }

    public override double SigmaMax { get; }

    public override Tensor RoundSigma(Tensor sigma)
    {
        using var scope = NewDisposeScope();
        return u[Nearest(sigma)].to(sigma.dtype, sigma.device).reshape(sigma.shape).MoveToOuterDisposeScope();
    }

    internal override Preconditioner Coefficients(Tensor sigma) =>
        new(null, -sigma, sigma.square().add_(1).rsqrt_(), Settings.TimeSteps - 1 - Nearest(sigma).to(ScalarType.Float32));

    private Tensor Nearest(Tensor sigma) => (sigma.to(ScalarType.Float32, u.device).reshape(-1, 1) - u).abs_().argmin(1);

    /// <summary>u_M = 0 and upwards from there to u_0, the largest.</summary>
    private static float[] NoiseLevels(NetworkSettings settings)
    {
        var levels = settings.TimeSteps;
        var table = new float[levels + 1];
        var u = 0.0;
        for (var j = levels; j > 0; j--)
        {
            u = Math.Sqrt((u * u + 1) / Math.Max(AlphaBar(j - 1) / AlphaBar(j), settings.C1) - 1);
            table[j - 1] = (float)u;
        }
        return table;

        double AlphaBar(int j)
        {
            var sine = Math.Sin(0.5 * Math.PI * j / levels / (settings.C2 + 1));
            return sine * sine;
        }
    }
}
