using DisBack.Diffusion.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>The normalisation of features whose channels are neighbours in memory is libtorch's of the other layout, with its gradients.</summary>
public sealed class GroupNormTests
{
    public static IEnumerable<TheoryDataRow<int, int, bool, bool, float>> Cases =>
        from channels in new[] { 8, 16, 48, 136, 256 }
        from side in new[] { 1, 2, 7 }
        from silu in new[] { false, true }
        from shifted in silu ? new[] { false, true } : [false]
        from mean in new[] { 0f, 30f }
        where channels % Math.Min(32, channels / 4) == 0
        select new TheoryDataRow<int, int, bool, bool, float>(channels, side, silu, shifted, mean);

    [Theory, MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Values_and_gradients_agree_with_libtorch(int channels, int side, bool silu, bool shifted, float mean)
    {
        using var scope = NewDisposeScope();
        var expected = Results(channels, side, silu, shifted, mean, fused: false);
        var actual = Results(channels, side, silu, shifted, mean, fused: true);
        foreach (var ((name, left), (_, right)) in expected.Zip(actual))
        {
            var error = ((left - right).abs().max() / left.abs().max().clamp_min(1e-3)).item<float>();
            // Values far from zero lose digits in both.
            Assert.True(error < (mean == 0 ? 1e-5 : 1e-3), $"{name}: {error}");
        }
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        using var scope = NewDisposeScope();
        var threads = get_num_threads();
        var one = Results(48, 7, silu: true, shifted: true, 0, fused: true);
        set_num_threads(3);
        var three = Results(48, 7, silu: true, shifted: true, 0, fused: true);
        set_num_threads(threads);
        Assert.All(one.Zip(three), pair => Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Name));
    }

    [Fact]
    public void What_is_not_finite_stays_visible()
    {
        using var scope = NewDisposeScope();
        var x = ChannelsLast.Of(randn(2, 8, 3, 3)).clone();
        x[0, 0, 0, 0] = float.NaN;
        var y = new GroupNorm(8, 1e-5).ForwardSilu(x);
        Assert.True(y[0, 0].isnan().all().item<bool>());
        Assert.True(y[1].isfinite().all().item<bool>());
    }

    private static List<(string Name, Tensor Value)> Results(int channels, int side, bool silu, bool shifted, float mean, bool fused)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        using var norm = new GroupNorm(channels, 1e-5);
        using (no_grad())
        {
            foreach (var parameter in norm.parameters())
            {
                parameter.copy_(randn(parameter.shape, generator: generator));
            }
        }
        var leaf = (randn([5, channels, side, side], generator: generator) * 2 + mean).requires_grad_();
        var shift = randn([5, channels, 1, 1], generator: generator).requires_grad_();
        var above = randn([5, channels, side, side], generator: generator);
        // A copy in either layout, because the sum with the shift may replace it.
        var x = fused ? ChannelsLast.Of(leaf) : leaf.clone();
        if (side > 1)
        {
            Assert.Equal(fused, ChannelsLast.Is(x));
        }
        var y = silu ? norm.ForwardSilu(x, shifted ? shift : null) : norm.forward(x);
        (y * above).sum().backward();
        List<(string, Tensor?)> results = [("y", y.detach()), ("x", leaf.grad), ("shift", shift.grad)];
        results.AddRange(norm.named_parameters().Select(entry => (entry.name, entry.parameter.grad)));
        return [.. results.Where(item => item.Item2 is not null).Select(item => (item.Item1, item.Item2!.clone().MoveToOuterDisposeScope()))];
    }
}
