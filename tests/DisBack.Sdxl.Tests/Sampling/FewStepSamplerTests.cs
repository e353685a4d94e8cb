using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Sampling;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Sampling;

/// <summary>Students are sampled as they were trained.</summary>
public sealed class FewStepSamplerTests
{
    [Theory]
    [InlineData("lcm.custom399")]
    [InlineData("lcm.custom4")]
    [InlineData("lcm.1")]
    [InlineData("lcm.2")]
    [InlineData("lcm.4")]
    [InlineData("lcm.8")]
    [InlineData("lcm.4.original100")]
    public void Every_step_is_that_of_diffusers_LCM(string name)
    {
        using var scope = NewDisposeScope();
        using var oracle = new SamplerOracle();
        var timesteps = oracle[$"{name}.timesteps"].data<long>().Select(timestep => (int)timestep).ToArray();
        var (noises, told) = (0, new List<(int, int)>());

        var actual = new FewStepSampler(SamplerOracle.Config(), timesteps)
            .Sample(oracle["z"], oracle.Recorded(name), () => oracle["lcm.noises"][noises++], (step, of) => told.Add((step, of)),
                TestContext.Current.CancellationToken);

        OracleFiles.AssertAgrees(oracle[$"{name}.samples"][-1], actual, name);
        Assert.Equal(timesteps.Length - 1, noises);
        Assert.Equal(Enumerable.Range(1, timesteps.Length).Select(step => (step, timesteps.Length)), told);
    }

    [Fact]
    public void One_step_is_the_clean_sample_of_unscaled_noise_at_399()
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "pipeline.safetensors"));
        var sampler = new FewStepSampler(SamplerOracle.Config(), FewStepSampler.DefaultTimesteps(1, SamplerOracle.Config()));

        var actual = sampler.Sample(
            file.Read("in.noise"),
            (noisy, timestep) =>
            {
                Assert.Equal(399, timestep);
                Assert.True(noisy.equal(file.Read("in.noise")).all().item<bool>());
                return file.Read("one_step.eps");
            },
            () => throw new InvalidOperationException("One step needs no fresh noise."),
            cancellation: TestContext.Current.CancellationToken);

        OracleFiles.AssertAgrees(file.Read("one_step.latents"), actual, "latents");
    }

    [Fact]
    public void The_usual_time_steps_are_those_of_the_training()
    {
        Assert.Equal([399], Default(1));
        Assert.Equal([999, 499], Default(2));
        Assert.Equal([999, 749, 499, 249], Default(4));
        Assert.Throws<DisBackException>(() => Default(0));

        static IReadOnlyList<int> Default(int steps) => FewStepSampler.DefaultTimesteps(steps, SamplerOracle.Config());
    }

    [Theory]
    [InlineData]
    [InlineData(1000)]
    [InlineData(-1)]
    [InlineData(499, 999)]
    [InlineData(499, 499)]
    public void Time_steps_that_are_no_way_down_are_refused(params int[] timesteps) =>
        Assert.Contains($"The time steps [{string.Join(", ", timesteps)}] of the student must fall from at most 999 to at least 0",
            Assert.Throws<DisBackException>(() => new FewStepSampler(SamplerOracle.Config(), timesteps)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_cancelled_sampler_stops_before_the_next_step()
    {
        using var scope = NewDisposeScope();
        using var cancellation = new CancellationTokenSource();
        var done = 0;

        Assert.Throws<OperationCanceledException>(() => new FewStepSampler(SamplerOracle.Config(), [999, 499]).Sample(
            zeros(1, 4, 2, 2), (noisy, _) => zeros_like(noisy), () => zeros(1, 4, 2, 2),
            (step, _) =>
            {
                done = step;
                cancellation.Cancel();
            },
            cancellation.Token));

        Assert.Equal(1, done);
    }

    [Fact]
    public void Nothing_is_left_in_the_dispose_scope_but_the_result()
    {
        using var scope = NewDisposeScope();
        var noise = zeros(1, 4, 2, 2);
        var before = scope.DisposablesCount;

        _ = new FewStepSampler(SamplerOracle.Config(), [999, 749, 499, 249]).Sample(
            noise, (noisy, _) => zeros_like(noisy), () => zeros(1, 4, 2, 2), cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(before + 1, scope.DisposablesCount);
    }
}
