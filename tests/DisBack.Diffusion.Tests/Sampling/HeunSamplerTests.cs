using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Sampling;
using DisBack.Specs.Networks;
using DisBack.Specs.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Sampling;

/// <summary>
/// The schedule is EDM's, and both samplers solve a problem with a known answer: a fresh ADM network has an output layer of exact zeros, so
/// D(x; sigma) = c_skip x, which is the ideal denoiser of normal data with standard deviation sigma_data.
/// </summary>
public sealed class HeunSamplerTests
{
    [Fact]
    public void Eighteen_steps_have_the_published_noise_levels()
    {
        using var denoiser = Gaussian();
        double[] expected =
        [
            80, 57.585985, 40.785574, 28.374585, 19.352453, 12.910082, 8.400935, 5.315195, 3.256822, 1.92334, 1.088171, 0.585348, 0.296442,
            0.139516, 0.059947, 0.022935, 0.007528, 0.002, 0,
        ];
        Assert.All(new HeunSampler(denoiser).NoiseLevels.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void Samples_of_the_ideal_denoiser_have_the_deviation_of_the_data(double churn)
    {
        using var scope = NewDisposeScope();
        using var denoiser = Gaussian();
        var images = Sample(denoiser, churn, seed: 1, steps: 64);
        Assert.Equal(ScalarType.Float64, images.dtype);
        Assert.Equal(0.5, images.std().item<double>(), 0.02);
        Assert.Equal(0, images.mean().item<double>(), 0.02);
    }

    [Fact]
    public void Churn_draws_from_its_generator()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Gaussian();
        Assert.True(Sample(denoiser, 10, seed: 1).Equals(Sample(denoiser, 10, seed: 1)));
        Assert.False(Sample(denoiser, 10, seed: 1).Equals(Sample(denoiser, 10, seed: 2)));
        Assert.True(Sample(denoiser, 0, seed: 1).Equals(Sample(denoiser, 0, seed: 2)));
    }

    [Fact]
    public void Sampling_leaves_no_tensor_but_the_images_behind()
    {
        using var denoiser = Gaussian();
        Sample(denoiser, 10, seed: 1).Dispose();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Sample(denoiser, 10, seed: 1).Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Levels_outside_the_network_are_refused()
    {
        using var denoiser = Gaussian();
        Assert.Throws<DisBackException>(() => new HeunSampler(denoiser, new HeunSettings { SigmaMin = 3, SigmaMax = 2 }));
    }

    private static Tensor Sample(Denoiser denoiser, double churn, ulong seed, int steps = 6)
    {
        using var latent = new Generator(9);
        using var fresh = new Generator(seed);
        using var noise = randn([100, 1, 8, 8], generator: latent);
        return new HeunSampler(denoiser, new HeunSettings { Steps = steps, Churn = churn, ChurnMin = 0.05, ChurnMax = 50 }).Sample(noise, churn: fresh);
    }

    private static Denoiser Gaussian()
    {
        using var init = new Generator(1);
        var settings = new NetworkSettings
        {
            ModelType = ModelType.DhariwalUnet, ImgResolution = 8, ImgChannels = 1, ModelChannels = 4, ChannelMult = [1], NumBlocks = 0, AttnResolutions
                = [], Dropout = 0,
        };
        return Denoiser.Create(settings, init);
    }
}
