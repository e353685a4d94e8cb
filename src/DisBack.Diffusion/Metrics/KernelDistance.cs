using DisBack.Diffusion.Randomness;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// The kernel inception distance of Binkowski et al. (2018): the squared maximum mean discrepancy of two sets of features under the kernel (x y / F + 1)^3,
/// without bias, as the mean over random subsets. Unlike FID it does not fall with the number of images by itself.
/// </summary>
public static class KernelDistance
{
    private const int Subsets = 100;
    private const int SubsetSize = 1000;

    /// <summary>
    /// Mean and standard deviation over the subsets; the mean may be a little below 0 where the sets are alike, and there is no deviation where both sets are
    /// so small that a subset is all of them.
    /// </summary>
    /// <param name="real">Features of real images, floating point [N, F].</param>
    /// <param name="generated">Features of generated images, floating point [M, F].</param>
    /// <exception cref="DisBackException">A set has fewer than two features, or one that is NaN or infinite.</exception>
    public static (double Mean, double? Std) Between(Tensor real, Tensor generated)
    {
        foreach (var (kind, rows) in new[] { ("real", real), ("generated", generated) })
        {
            if (rows.shape[0] < 2)
            {
                throw new DisBackException($"KID needs two {kind} images or more, not {rows.shape[0]}: evaluate with more.");
            }
            using var finite = rows.isfinite();
            using var all = finite.all();
            if (!all.item<bool>())
            {
                throw new DisBackException($"Features of {kind} images are not finite: the network that made the images has diverged.");
            }
        }
        using var stream = new RandomStreams(0).For("kid");
        var size = (int)Math.Min(SubsetSize, Math.Min(real.shape[0], generated.shape[0]));
        if (real.shape[0] == size && generated.shape[0] == size)
        {
            using var scope = NewDisposeScope();
            return (Squared(real.to(float64), generated.to(float64)), null);
        }
        var distances = Enumerable.Range(0, Subsets).Select(_ => OfSubset()).ToList();
        var mean = distances.Average();
        return (mean, Math.Sqrt(distances.Average(distance => (distance - mean) * (distance - mean))));

        double OfSubset()
        {
            using var scope = NewDisposeScope();
            return Squared(Drawn(real), Drawn(generated));
        }

        Tensor Drawn(Tensor rows) => rows.index_select(0, randperm(rows.shape[0], generator: stream).narrow(0, 0, size)).to(float64);
    }

    /// <summary>The estimate from all of two sets of n features each.</summary>
    internal static double Squared(Tensor real, Tensor generated)
    {
        using var scope = NewDisposeScope();
        var count = real.shape[0];
        return Within(real) + Within(generated) - 2 * Kernel(real, generated).mean().item<double>();

        // A feature is not compared with itself.
        double Within(Tensor rows)
        {
            var kernel = Kernel(rows, rows);
            return (kernel.sum() - kernel.diagonal().sum()).item<double>() / (count * (count - 1));
        }

        static Tensor Kernel(Tensor a, Tensor b) => a.mm(b.t()).div_(a.shape[1]).add_(1).pow_(3);
    }
}
