using DisBack.Diffusion.Noise;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Noise;

/// <summary>The slope of the noise that was added on the noise that a denoiser finds tells whether the denoiser knows the samples.</summary>
public sealed class NoiseCalibrationTests
{
    private const double Spread = 0.5;

    [Theory]
    [InlineData(0.05, Spread)]
    [InlineData(0.5, Spread)]
    [InlineData(5, Spread)]
    [InlineData(0.05, 0.2)]
    [InlineData(0.5, 0.2)]
    [InlineData(0.5, 1.0)]
    public void The_slope_is_1_on_a_denoisers_own_distribution_and_as_computed_by_hand_on_another(double sigma, double learned)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(3);
        var images = Spread * randn([256, 1, 64, 64], generator: random);
        var noise = randn([256, 1, 64, 64], generator: random);
        var level = full([256, 1, 1, 1], sigma, float32);
        var noisy = images + level * noise;
        // The denoiser of normal samples with the standard deviation that it has learned; what it finds is linear in what it sees.
        var denoised = noisy * (learned * learned / (learned * learned + sigma * sigma));
        var slopes = NoiseCalibration.Slopes(noisy, denoised, level, noise);
        var expected = (learned * learned + sigma * sigma) / (Spread * Spread + sigma * sigma);
        Assert.Equal([256L], slopes.shape);
        Assert.Equal(expected, slopes.mean().item<float>(), 0.04 * Math.Max(1, expected));
    }

    [Fact]
    public void A_part_is_counted_by_weights()
    {
        using var slopes = tensor(new[] { 1f, 0.95f, 0.89f, 1.2f, -1f });
        using var alike = ones(1);
        Assert.Equal(0.6, NoiseCalibration.Known(slopes, alike).item<float>(), 1e-6);
        using var weights = tensor(new[] { 1f, 0f, 6f, 1f, 2f });
        Assert.Equal(0.2, NoiseCalibration.Known(slopes, weights).item<float>(), 1e-6);
    }

    [Theory]
    [InlineData(new[] { 1f, 0.95f, 1.4f, 1f }, 1.0)]
    [InlineData(new[] { 0.2f, 0.5f, 0.95f, 1f }, 4.0)]
    [InlineData(new[] { 0.2f, 1f, 0.5f, 1f }, 2.0)]
    [InlineData(new[] { 1f, 0.2f, 0.5f, 1f }, 8.0)]
    [InlineData(new[] { 0.5f, 1f, 0.5f, 0.5f }, null)]
    [InlineData(new[] { 0.5f, 0.5f, 0.5f, 0.5f }, null)]
    public void Samples_are_known_from_the_level_that_parts_them_with_the_fewest_mistakes(float[] slopes, double? expected) =>
        Assert.Equal(expected, NoiseCalibration.KnownFrom(slopes, [1, 2, 4, 8]));

    [Fact]
    public void The_level_has_as_few_mistakes_as_the_best_of_all_levels()
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            var levels = Enumerable.Range(1, 1 + random.Next(20)).Select(level => (float)level).ToArray();
            var slopes = levels.Select(_ => random.NextSingle() * 1.8f).ToArray();
            var chosen = NoiseCalibration.KnownFrom(slopes, levels) ?? levels.Length + 1;
            Assert.Equal(levels.Append(levels.Length + 1).Min(level => MistakesOf(level)), MistakesOf(chosen));

            int MistakesOf(double from) => slopes.Zip(levels).Count(sample => sample.First >= NoiseCalibration.KnownSlope != sample.Second >= from);
        }
    }
}
