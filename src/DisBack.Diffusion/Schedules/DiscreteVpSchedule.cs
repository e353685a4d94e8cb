using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Schedules;

/// <summary>
/// Variance preserving diffusion with a table of noise levels: the network is told an index of the table (DDPM, iDDPM, Stable Diffusion).
/// </summary>
public sealed class DiscreteVpSchedule : NoiseSchedule
{
    private readonly bool _ascending;
    private readonly ConcurrentDictionary<string, Tensor> _copies = [];

    /// <param name="sigmas">The table, float32 [M] or longer, in one order, on the CPU; owned from now on.</param>
    /// <param name="ascending">Whether index 0 is the lowest noise level, as in Stable Diffusion; otherwise the time is M - 1 - index, as in iDDPM.</param>
    /// <param name="steps">M: how many entries are noise levels.</param>
    internal DiscreteVpSchedule(Tensor sigmas, bool ascending, int steps)
    {
        (Sigmas, _ascending, Steps) = (sigmas, ascending, steps);
        var (first, last) = (sigmas[0].item<float>(), sigmas[steps - 1].item<float>());
        (SigmaMin, SigmaMax) = ascending ? (first, last) : (last, first);
    }

    /// <summary>The table of noise levels, float32 on the CPU.</summary>
    public Tensor Sigmas { get; }

    /// <summary>The number M of time steps.</summary>
    public int Steps { get; }

    /// <inheritdoc/>
    public override double SigmaMin { get; }

    /// <inheritdoc/>
    public override double SigmaMax { get; }

    /// <summary>The noise level of a time step.</summary>
    /// <param name="time">From 0 to <see cref="Steps"/> - 1, as the network is told it.</param>
    public double SigmaAt(int time) => Sigmas[_ascending ? time : Steps - 1 - time].item<float>();

    /// <summary>The schedule of a table of alpha-bar: sigma = sqrt((1 - alpha_bar) / alpha_bar), index 0 the lowest.</summary>
    /// <param name="alphaBar">Cumulative products of 1 - beta, falling.</param>
    public static DiscreteVpSchedule OfAlphaBar(IReadOnlyList<double> alphaBar) =>
        new(tensor(SigmasOf(alphaBar)).DetachFromDisposeScope(), ascending: true, alphaBar.Count);

    /// <summary>The noise levels of a table of alpha-bar.</summary>
    internal static float[] SigmasOf(IReadOnlyList<double> alphaBar) => [.. alphaBar.Select(a => (float)Math.Sqrt((1 - a) / a))];

    /// <summary>Stable Diffusion's table of alpha-bar: the roots of beta rise linearly ("scaled linear").</summary>
    public static double[] ScaledLinear(double betaStart, double betaEnd, int steps)
    {
        var (from, to) = (Math.Sqrt(betaStart), Math.Sqrt(betaEnd));
        var table = new double[steps];
        var product = 1.0;
        for (var i = 0; i < steps; i++)
        {
            var root = from + (to - from) * i / (steps - 1);
            table[i] = product *= 1 - root * root;
        }

        return table;
    }

    /// <summary>iDDPM's table (Nichol and Dhariwal 2021, as EDM states it): u_M = 0 and upwards from there to u_0, the largest.</summary>
    internal static float[] Iddpm(int steps, double c1, double c2)
    {
        var table = new float[steps + 1];
        var u = 0.0;
        for (var j = steps; j > 0; j--)
        {
            u = Math.Sqrt((u * u + 1) / Math.Max(AlphaBar(j - 1) / AlphaBar(j), c1) - 1);
            table[j - 1] = (float)u;
        }

        return table;

        double AlphaBar(int j)
        {
            var sine = Math.Sin(0.5 * Math.PI * j / steps / (c2 + 1));
            return sine * sine;
        }
    }

    /// <inheritdoc/>
    public override Tensor InputScale(Tensor sigma) => sigma.square().add_(1).rsqrt_();

    /// <inheritdoc/>
    public override Tensor Time(Tensor sigma)
    {
        var index = Nearest(sigma).to(ScalarType.Float32);
        return _ascending ? index : Steps - 1 - index;
    }

    /// <inheritdoc/>
    public override Tensor Round(Tensor sigma)
    {
        using var scope = NewDisposeScope();
        return On(sigma.device)[Nearest(sigma)].to(sigma.dtype).reshape(sigma.shape).MoveToOuterDisposeScope();
    }

    private Tensor Nearest(Tensor sigma) => (sigma.to(ScalarType.Float32).reshape(-1, 1) - On(sigma.device)).abs_().argmin(1);

    /// <summary>The table on a device, sent there once.</summary>
    private Tensor On(Device device) =>
        device.type == DeviceType.CPU ? Sigmas : _copies.GetOrAdd(device.ToString(), _ => Sigmas.to(device).DetachFromDisposeScope());
}
