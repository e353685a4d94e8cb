using System.Text.Json;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Schedules;
using DisBack.Specs.Networks;
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
        [new(new LogNormalNoise()), new(new KarrasGridNoise()), new(new KarrasNoise()), new(new VpNoise()), new(new VeNoise()), new(new IddpmNoise())];

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
    public void The_iDDPM_law_draws_every_level_of_its_network_equally_often()
    {
        using var scope = NewDisposeScope();
        var law = new IddpmNoise { TimeSteps = 20 };
        var settings = new SongUnetSettings
        {
            Precond = Preconditioning.Iddpm, TimeSteps = 20, ImgResolution = 8, ImgChannels = 1, ModelChannels = 8, ChannelMult = [1], NumBlocks = 0,
        };
        using var init = new Generator(1);
        using var network = Denoiser.Create(settings, init);
        var levels = Draw(law);
        // The network knows each of them as it is.
        Assert.True(network.Schedule.Round(levels).Equals(levels));
        var (drawn, _, counts) = levels.flatten().unique(return_counts: true);
        Assert.Equal(20, drawn.numel());
        Assert.InRange(counts!.min().item<long>(), 850, 1000);
        Assert.InRange(counts!.max().item<long>(), 1000, 1150);
        // From the lowest, which is above 0, to the highest.
        Assert.Equal((network.Schedule.SigmaMin, network.Schedule.SigmaMax), (drawn.min().item<float>(), drawn.max().item<float>()));
    }

    /// <summary>
    /// u_(j-1) = sqrt((u_j^2 + 1) / max(ab(j-1) / ab(j), C1) - 1) with u_M = 0 is u_j = sqrt(ab(M) / ab(j) - 1), but for u_0, where ab(0) = 0 and C1 stands.
    /// </summary>
    [Fact]
    public void The_iDDPM_law_has_the_levels_of_the_cosine_schedule()
    {
        using var scope = NewDisposeScope();
        var (levels, _, _) = Draw(new IddpmNoise()).flatten().unique();
        var alphaBar = Enumerable.Range(1, 999).Select(j => Math.Pow(Math.Sin(Math.PI * j / (2 * 1000 * 1.008)), 2)).ToArray();
        var last = Math.Pow(Math.Sin(Math.PI / (2 * 1.008)), 2);
        var expected = alphaBar.Select(ab => (float)Math.Sqrt(last / ab - 1)).Reverse().ToArray();
        Assert.True(levels.narrow(0, 0, 999).allclose(tensor(expected), rtol: 1e-4));
        Assert.Equal(Math.Sqrt((Math.Pow(expected[^1], 2) + 1) / 0.001 - 1), levels.max().item<float>(), 1.0);
    }

    /// <summary>Every column of EDM's table can be said, and so can every combination that has none: their losses are finite and have gradients.</summary>
    [Theory, MemberData(nameof(Combinations), DisableDiscoveryEnumeration = true)]
    public void Every_network_can_be_trained_with_every_law(Preconditioning precond, NoiseLaw law)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        using var network = Denoiser.Create(
            new SongUnetSettings
            {
                Precond = precond, ImgResolution = 8, ImgChannels = 1, ModelChannels = 8, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [], Dropout = 0,
            },
            random);
        var images = rand([64, 1, 8, 8], generator: random) * 2 - 1;
        var loss = DenoisingLoss.Of(network, images, law.Sample(64, random), randn([64, 1, 8, 8], generator: random)).sum() / 64;
        loss.backward();
        Assert.True(float.IsFinite(loss.item<float>()));
        Assert.All(network.parameters(), parameter => Assert.True(parameter.grad!.isfinite().all().item<bool>()));
    }

    public static IEnumerable<TheoryDataRow<Preconditioning, NoiseLaw>> Combinations =>
        from precond in Enum.GetValues<Preconditioning>()
        from law in Laws
        select new TheoryDataRow<Preconditioning, NoiseLaw>(precond, law.Data);

    [Fact]
    public void A_law_is_named_in_json()
    {
        var json = JsonSerializer.Serialize<NoiseLaw>(new KarrasGridNoise { Last = 900 });
        Assert.Contains("\"law\":\"karras-grid\"", json, StringComparison.Ordinal);
        Assert.Equal(new KarrasGridNoise { Last = 900 }, JsonSerializer.Deserialize<NoiseLaw>(json));
    }
}
