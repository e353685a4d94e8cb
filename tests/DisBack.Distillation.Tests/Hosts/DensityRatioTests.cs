using DisBack.Distillation.Hosts.Dmd2;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>The weight of a sample is f''(r) r^2 for the f of each divergence, and weights have the mean 1.</summary>
public sealed class DensityRatioTests
{
    /// <summary>f of D_f(p || q) = E_q f(p / q), with p the target and q the student.</summary>
    private static readonly Dictionary<Divergence, Func<double, double>> s_f = new()
    {
        [Divergence.ReverseKl] = r => -Math.Log(r),
        [Divergence.ForwardKl] = r => r * Math.Log(r),
        [Divergence.JensenShannon] = r => r * Math.Log(r) - (r + 1) * Math.Log((r + 1) / 2),
        [Divergence.Jeffreys] = r => (r - 1) * Math.Log(r),
        [Divergence.Hellinger] = r => 2 * (1 - Math.Sqrt(r)),
        [Divergence.SoftenedReverseKl] = r => (r + 1) * Math.Log((r + 1) / r),
    };

    [Fact]
    public void A_weight_is_the_curvature_of_f_times_the_squared_ratio()
    {
        Assert.Equal(Enum.GetValues<Divergence>().ToHashSet(), [.. s_f.Keys]);
        foreach (var (divergence, f) in s_f)
        {
            foreach (var ratio in new[] { 0.2, 0.7, 1, 1.9, 6 })
            {
                var step = ratio * 1e-3;
                var curvature = (f(ratio + step) - 2 * f(ratio) + f(ratio - step)) / (step * step);
                using var weight = DensityRatio.Of(divergence, tensor(ratio));
                Assert.Equal(curvature * ratio * ratio, weight.item<double>(), 1e-4);
            }
        }
    }

    [Fact]
    public void Weights_have_the_mean_one_and_keep_within_the_largest_ratio()
    {
        using var scope = NewDisposeScope();
        var settings = new FDistillSettings { Divergence = Divergence.ForwardKl, LargestRatio = 4 };
        var weights = DensityRatio.Weights(tensor(new[] { -50f, 0, 0, 50 }), settings);
        Assert.Equal([4, 1, 1, 1], weights.shape);
        Assert.Equal(1, weights.mean().item<float>(), 1e-5);
        Assert.Equal(16, (weights[3] / weights[0]).item<float>(), 1e-3);
    }
}
