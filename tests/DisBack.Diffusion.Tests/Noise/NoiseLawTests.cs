using System.Text.Json;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Schedules;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Noise;

/// <summary>Noise levels have the distribution their law names and are a pure function of the generator.</summary>
public sealed class NoiseLawTests
{
    private static Tensor Draw(NoiseLaw law, ulong seed = 3, long count = 20_000)
    {
        using var generator = new Generator(seed);
        return law.Sample(count, generator);
    }

    public static IEnumerable<TheoryDataRow<NoiseLaw>> Laws =>
        [new(new LogNormalNoise()), new(new KarrasGridNoise()), new(new KarrasNoise()), new(new VpNoise()), new(new VeNoise())];

    [Theory, MemberData(nameof(Laws), DisableDiscoveryEnumeration = true)]
    public void A_draw_repeats_with_its_seed_and_has_one_level_per_image(NoiseLaw law)
    {
        using var scope = NewDisposeScope();
        Assert.Equal([7, 1, 1, 1], Draw(law, count: 7).shape);
        Assert.Equal(ScalarType.Float32, Draw(law).dtype);
        Assert.True(Draw(law).Equals(Draw(law)));
        Assert.False(Draw(law).Equals(Draw(law, seed: 4)));
        Assert.True((Draw(law) > 0).all().item<bool>());
    }

    [Fact]
    public void The_log_normal_law_has_its_mean_and_deviation()
    {
        using var scope = NewDisposeScope();
        var logarithm = Draw(new LogNormalNoise { Mean = -1.2, Std = 1.2 }).log();
        Assert.Equal(-1.2, logarithm.mean().item<float>(), 0.03);
        Assert.Equal(1.2, logarithm.std().item<float>(), 0.03);
    }

    [Fact]
    public void The_Karras_grid_spans_the_levels_of_DMD2()
    {
        using var scope = NewDisposeScope();
        var levels = Draw(new KarrasGridNoise());
        Assert.Equal(0.00323, levels.min().item<float>(), 5e-6);
        Assert.Equal(72.05, levels.max().item<float>(), 5e-3);
        Assert.Equal(0.002f, Draw(new KarrasGridNoise { First = 0, Last = 0 }, count: 1).item<float>(), 1e-8);
        Assert.Equal(80f, Draw(new KarrasGridNoise { First = 999, Last = 999 }, count: 1).item<float>(), 1e-4);
        Assert.Throws<DisBackException>(() => Draw(new KarrasGridNoise { First = 5, Last = 4 }));
    }

    [Fact]
    public void The_Karras_law_is_uniform_in_the_root()
    {
        using var scope = NewDisposeScope();
        var (low, high) = (Math.Cbrt(0.32), Math.Cbrt(40));
        var position = (Draw(new KarrasNoise { Min = 0.32, Max = 40, Rho = 3 }).pow(1 / 3.0) - low) / (high - low);
        Assert.InRange(position.min().item<float>(), -1e-6, 0.01);
        Assert.InRange(position.max().item<float>(), 0.99, 1 + 1e-6);
        Assert.Equal(0.5, position.mean().item<float>(), 0.01);
        Assert.Equal(1 / Math.Sqrt(12), position.std().item<float>(), 0.01);
    }

    [Fact]
    public void The_VE_law_is_uniform_in_the_logarithm()
    {
        using var scope = NewDisposeScope();
        var position = (Draw(new VeNoise()) / 0.02).log() / Math.Log(100 / 0.02);
        Assert.InRange(position.min().item<float>(), -1e-6, 0.01);
        Assert.InRange(position.max().item<float>(), 0.99, 1 + 1e-6);
        Assert.Equal(0.5, position.mean().item<float>(), 0.01);
    }

    [Fact]
    public void The_VP_law_is_uniform_in_time()
    {
        using var scope = NewDisposeScope();
        var median = Draw(new VpNoise()).median().item<float>();
        Assert.Equal(VpSchedule.SigmaAt(0.5, 19.9, 0.1), median, 0.15);
    }

    [Fact]
    public void A_law_is_named_in_json()
    {
        var json = JsonSerializer.Serialize<NoiseLaw>(new KarrasGridNoise { Last = 900 });
        Assert.Contains("\"law\":\"karras-grid\"", json, StringComparison.Ordinal);
        Assert.Equal(new KarrasGridNoise { Last = 900 }, JsonSerializer.Deserialize<NoiseLaw>(json));
    }
}
