using CsCheck;
using DisBack.Diffusion.Metrics;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class FeatureStatisticsTests
{
    [Fact]
    public void Any_split_into_batches_gives_the_mean_and_covariance_of_the_whole()
    {
        (from seed in Gen.Int[0, 1_000_000]
         from cuts in Gen.Int[1, 7].Array[1, 6]
         where cuts.Sum() > 1
         select (seed, cuts)).Sample(
            c =>
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator((ulong)c.seed);
                var all = randn([c.cuts.Sum(), 4], float64, generator: generator) * tensor(new double[] { 1, 10, 0.1, 0 }) + 5;
                using var statistics = new FeatureStatistics();
                foreach (var part in all.split([.. c.cuts.Select(n => (long)n)]))
                {
                    statistics.Add(part);
                }
                Assert.Equal(all.shape[0], statistics.Count);
                Assert.True(allclose(all.mean([0]), statistics.Mean, 1e-12, 1e-12));
                Assert.True(allclose(all.t().cov(), statistics.Covariance(), 1e-11, 1e-12));
            },
            iter: 100, threads: 1);
    }

    [Fact]
    public void A_small_variance_around_a_large_mean_keeps_its_digits()
    {
        using var scope = NewDisposeScope();
        using var statistics = new FeatureStatistics();
        // Two halves around 1e9: the variance of {-1, 0, 1, 2} is 5/3, which E[x²] - E[x]² cannot see beside 1e18.
        statistics.Add(tensor(new[] { 1e9 - 1, 1e9 }).view(2, 1));
        statistics.Add(tensor(new[] { 1e9 + 1, 1e9 + 2 }).view(2, 1));
        Assert.Equal(5.0 / 3, statistics.Covariance().item<double>(), 1e-12);
        Assert.Equal(1e9 + 0.5, statistics.Mean.item<double>());
    }

    [Fact]
    public void Adding_leaves_two_tensors_alive_and_disposing_none()
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var features = ones(3, 2))
        using (var statistics = new FeatureStatistics())
        {
            for (var i = 0; i < 4; i++)
            {
                statistics.Add(features);
            }
            Assert.Equal(before + 3, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Statistics_survive_the_scope_in_which_they_were_gathered()
    {
        using var statistics = new FeatureStatistics();
        using (NewDisposeScope())
        {
            statistics.Add(tensor(new float[,] { { 1 }, { 3 } }));
        }
        Assert.Equal(2, statistics.Mean.item<double>());
    }

    [Fact]
    public void Features_that_are_not_finite_or_of_another_width_are_refused()
    {
        using var scope = NewDisposeScope();
        using var statistics = new FeatureStatistics();
        Assert.Contains("Statistics of 0 samples", Assert.Throws<DisBackException>(() => statistics.Mean).Message);
        statistics.Add(ones(1, 3));
        Assert.Contains("Statistics of 1 samples", Assert.Throws<DisBackException>(statistics.Covariance).Message);
        Assert.Contains("samples 1 to 2 are not finite", Assert.Throws<DisBackException>(() => statistics.Add(full(2, 3, float.NaN))).Message);
        Assert.Contains("2 features where earlier ones had 3", Assert.Throws<DisBackException>(() => statistics.Add(ones(1, 2))).Message);
        Assert.Equal(1, statistics.Count);
    }
}
