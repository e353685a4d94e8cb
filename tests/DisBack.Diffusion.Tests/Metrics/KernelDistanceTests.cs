using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class KernelDistanceTests
{
    [Fact]
    public void The_estimate_is_the_sum_over_pairs_of_different_features()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        const int n = 7, width = 3;
        var (a, b) = (randn([n, width], float64, generator: generator), randn([n, width], float64, generator: generator) + 0.5);
        double Kernel(Tensor x, int i, Tensor y, int j) => Math.Pow((x[i] * y[j]).sum().item<double>() / width + 1, 3);
        var (within, across) = (0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                within += i == j ? 0 : Kernel(a, i, a, j) + Kernel(b, i, b, j);
                across += Kernel(a, i, b, j);
            }
        }
        Assert.Equal(within / (n * (n - 1)) - 2 * across / (n * n), KernelDistance.Squared(a, b), 1e-9);
    }

    /// <summary>Of two normal laws that differ by a shift the distance is known: E k(x, x') of independent x and x' is a polynomial in their moments.</summary>
    [Fact]
    public void Equal_laws_have_none_and_a_shifted_one_has_what_its_moments_say()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        const double shift = 1;
        var (real, alike) = (randn([3000, 1], generator: generator), randn([3000, 1], generator: generator));
        var (none, spread) = KernelDistance.Between(real, alike);
        Assert.InRange(none, -spread!.Value, spread.Value);
        // With F = 1 and m_k the k-th moment: sum over k of binomial(3, k) (m_k - n_k)^2, and the moments of N(1, 1) are 1, 2, 4 for 0, 1, 0.
        const double expected = 3 * shift * shift + 3 * 1 + 1 * 16;
        var (mean, std) = KernelDistance.Between(real, alike + shift);
        Assert.Equal(expected, mean, 3 * std!.Value);
        Assert.InRange(std.Value, 0.01, expected / 4);
        Assert.Equal((mean, std), KernelDistance.Between(real, alike + shift));
    }

    [Fact]
    public void Of_sets_that_one_subset_exhausts_there_is_no_deviation()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var (a, b) = (randn([20, 4], generator: generator), randn([20, 4], generator: generator));
        Assert.Equal((KernelDistance.Squared(a.to(float64), b.to(float64)), null), KernelDistance.Between(a, b));
        Assert.NotNull(KernelDistance.Between(a, b[..19]).Std);
    }

    [Theory]
    [InlineData(1, 0, "two real images")]
    [InlineData(5, double.NaN, "not finite")]
    public void What_cannot_be_compared_is_refused(int count, double value, string why)
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<DisBackException>(() => KernelDistance.Between(full([count, 2], value), ones(5, 2)));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }
}
