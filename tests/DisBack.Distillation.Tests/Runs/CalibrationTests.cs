using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>A network is asked about the student's samples with the weights of the host.</summary>
public sealed class CalibrationTests
{
    [Theory]
    [InlineData(0, 0, 3.0 / 4)]
    [InlineData(0, 1, (1.0 + 2 + 8) / (1 + 2 + 4 + 8))]
    [InlineData(0, -2, (1.0 + 1.0 / 4 + 1.0 / 64) / (1 + 1.0 / 4 + 1.0 / 16 + 1.0 / 64))]
    [InlineData(1, -2, (0.2 + 0.1 + 0.025) / (0.2 + 0.1 + 0.25 + 0.025))]
    public void The_samples_that_a_network_knows_are_counted_by_what_the_host_pushes_into_them(double ofResidual, double ofSigma, double expected)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        var images = zeros([4, 1, 8, 8]);
        var sigma = tensor(new[] { 1f, 2f, 4f, 8f }).view(4, 1, 1, 1);
        // Noise without spread in its size, so that residuals are known by hand.
        var noise = randn([4, 1, 8, 8], generator: random).sign();
        var noisy = images + sigma * noise;
        // What is found is the noise over the slope, and mean |x0 - D| is sigma times 0.2, 0.2, 1 and 0.2. The third network takes samples for noise.
        var denoised = noisy - sigma * noise / tensor(new[] { 1.25f, 1.25f, 0.5f, 1.25f }).view(4, 1, 1, 1);
        var known = Calibration.Of(images, noisy, denoised, new Draw(noise, sigma, noise, null), new HostSignal(new LogNormalNoise(), ofResidual, ofSigma));
        Assert.Equal(expected, known, 1e-5);
    }
}
