using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Sampling;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Sampling;

/// <summary>Euler's method goes where diffusers' goes.</summary>
public sealed class EulerSamplerTests
{
    [Theory]
    [InlineData("euler.leading.10", "Leading", 10)]
    [InlineData("euler.leading.30", "Leading", 30)]
    [InlineData("euler.leading.50", "Leading", 50)]
    [InlineData("euler.trailing.4", "Trailing", 4)]
    [InlineData("euler.trailing.10", "Trailing", 10)]
    [InlineData("euler.linspace.10", "Linspace", 10)]
    public void Every_step_is_that_of_diffusers(string name, string spacing, int steps)
    {
        using var scope = NewDisposeScope();
        using var oracle = new SamplerOracle();
        var sampler = new EulerSampler(SamplerOracle.Config(Enum.Parse<TimestepSpacing>(spacing)), steps);
        OracleFiles.AssertAgrees(oracle[$"{name}.sigmas"], tensor(sampler.Sigmas.ToArray()), "sigmas");
        Assert.Equal(oracle.Metadata("cases").GetProperty(name).GetProperty("init_noise_sigma").GetDouble(), sampler.InitialScale, 1e-4);
        var samples = oracle[$"{name}.samples"];
        var told = new List<(int, int)>();

        var actual = sampler.Sample(oracle["z"].narrow(1, 0, samples.shape[2]), oracle.Recorded(name), (step, of) => told.Add((step, of)),
            TestContext.Current.CancellationToken);

        OracleFiles.AssertAgrees(samples[-1], actual, name);
        Assert.Equal(Enumerable.Range(1, steps).Select(step => (step, steps)), told);
    }

    [Fact]
    public void A_cancelled_sampler_stops_before_the_next_step()
    {
        using var scope = NewDisposeScope();
        using var cancellation = new CancellationTokenSource();
        var asked = 0;

        Assert.Throws<OperationCanceledException>(() => new EulerSampler(SamplerOracle.Config(), 10).Sample(
            zeros(1, 4, 2, 2),
            (noisy, _) =>
            {
                asked++;
                cancellation.Cancel();
                return zeros_like(noisy);
            },
            cancellation: cancellation.Token));

        Assert.Equal(1, asked);
    }
}
