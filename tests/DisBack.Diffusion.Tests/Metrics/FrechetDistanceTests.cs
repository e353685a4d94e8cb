using CsCheck;
using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class FrechetDistanceTests
{
    private static readonly Gen<(ulong Seed, int Size)> s_cases = from seed in Gen.ULong from size in Gen.Int[1, 12] select (seed, size);

    [Theory]
    [InlineData(0, 1, 0, 1, 0)]
    [InlineData(3, 4, -1, 9, 17)] // (3 + 1)² + (2 - 3)²
    [InlineData(0, 0, 2, 0, 4)]   // two points
    [InlineData(0, 0, 0, 25, 25)] // a point and a line
    public void In_one_dimension_it_is_the_distance_of_means_and_deviations(double m1, double v1, double m2, double v2, double expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(
            expected,
            FrechetDistance.Between(tensor(new[] { m1 }), tensor(new[,] { { v1 } }), tensor(new[] { m2 }), tensor(new[,] { { v2 } })),
            1e-12);
    }

    [Fact]
    public void Covariances_that_commute_reduce_to_their_eigenvalues()
    {
        s_cases.Sample(
            c =>
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator(c.Seed);
                var basis = Orthogonal(c.Size, generator);
                var (a, b) = (rand([c.Size], float64, generator: generator), rand([c.Size], float64, generator: generator));
                a[0] = 0; // singular
                var mean = zeros(c.Size, float64);
                var expected = (a.sqrt() - b.sqrt()).square().sum().item<double>();
                Assert.Equal(expected, FrechetDistance.Between(mean, (basis * a).matmul(basis.t()), mean, (basis * b).matmul(basis.t())), 1e-7);
            },
            iter: 100, threads: 1);
    }

    [Fact]
    public void It_agrees_with_an_iteration_that_uses_no_eigenvalues()
    {
        s_cases.Sample(
            c =>
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator(c.Seed);
                var ((m1, s1), (m2, s2)) = (Gaussian(c.Size, 2 * c.Size + 2, generator), Gaussian(c.Size, 2 * c.Size + 2, generator));
                (s1, s2) = (s1 + eye(c.Size, dtype: float64), s2 + eye(c.Size, dtype: float64)); // the iteration inverts
                var expected = (m1 - m2).square().sum() + s1.trace() + s2.trace() - 2 * DenmanBeavers(s1.matmul(s2)).trace();
                Assert.Equal(1, FrechetDistance.Between(m1, s1, m2, s2) / expected.item<double>(), 1e-9);
            },
            iter: 100, threads: 1);

        // Denman and Beavers (1976): Y -> (Y + Z⁻¹) / 2, Z -> (Z + Y⁻¹) / 2 from (A, I) makes Y the principal root of A, symmetric or not.
        static Tensor DenmanBeavers(Tensor a)
        {
            var (y, z) = (a, eye(a.shape[0], dtype: float64));
            for (var i = 0; i < 60; i++)
            {
                (y, z) = ((y + linalg.inv(z)) / 2, (z + linalg.inv(y)) / 2);
            }
            return y;
        }
    }

    [Fact]
    public void In_two_dimensions_it_agrees_with_the_closed_form_of_the_root()
    {
        using var scope = NewDisposeScope();
        // For 2 x 2, tr A^½ = √(tr A + 2 √det A). With S1 = [[2, 1], [1, 2]], S2 = [[3, 0], [0, 5]]: tr S1S2 = 16, det S1S2 = 45.
        var s1 = tensor(new double[,] { { 2, 1 }, { 1, 2 } });
        var s2 = tensor(new double[,] { { 3, 0 }, { 0, 5 } });
        var expected = 1 + 4 + 4 + 8 - 2 * Math.Sqrt(16 + 2 * Math.Sqrt(45));
        Assert.Equal(expected, FrechetDistance.Between(tensor(new double[] { 1, 2 }), s1, zeros(2, float64), s2), 1e-13);
    }

    [Fact]
    public void It_is_symmetric_and_does_not_see_rotations_and_shifts_of_both()
    {
        s_cases.Sample(
            c =>
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator(c.Seed);
                // Fewer samples than dimensions: both covariances are singular.
                var ((m1, s1), (m2, s2)) = (Gaussian(c.Size, c.Size / 2 + 2, generator), Gaussian(c.Size, c.Size / 2 + 2, generator));
                var distance = FrechetDistance.Between(m1, s1, m2, s2);
                var tolerance = 1e-7 * (1 + distance);
                Assert.Equal(distance, FrechetDistance.Between(m2, s2, m1, s1), tolerance);
                var q = Orthogonal(c.Size, generator);
                var shift = randn([c.Size], float64, generator: generator);
                Assert.Equal(
                    distance,
                    FrechetDistance.Between(q.mv(m1) + shift, q.matmul(s1).matmul(q.t()), q.mv(m2) + shift, q.matmul(s2).matmul(q.t())),
                    tolerance);
            },
            iter: 100, threads: 1);
    }

    [Fact]
    public void A_gaussian_is_at_distance_zero_from_itself_even_if_singular()
    {
        s_cases.Sample(
            c =>
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator(c.Seed);
                var (mean, covariance) = Gaussian(c.Size, c.Size / 2 + 2, generator);
                Assert.InRange(FrechetDistance.Between(mean, covariance, mean, covariance), 0, 1e-12 * (1 + covariance.trace().item<double>()));
            },
            iter: 100, threads: 1);
    }

    private static (Tensor Mean, Tensor Covariance) Gaussian(int size, int samples, Generator generator)
    {
        using var statistics = new FeatureStatistics();
        statistics.Add(randn([samples, size], float64, generator: generator).matmul(randn([size, size], float64, generator: generator)));
        return (statistics.Mean.clone(), statistics.Covariance());
    }

    private static Tensor Orthogonal(int size, Generator generator) => linalg.qr(randn([size, size], float64, generator: generator)).Q;
}
