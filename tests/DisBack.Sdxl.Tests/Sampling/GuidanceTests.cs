using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Sampling;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Sampling;

/// <summary>Guidance is that of diffusers' pipeline, whose first step is recorded.</summary>
public sealed class GuidanceTests
{
    [Theory]
    [InlineData("teacher_cfg")]
    [InlineData("teacher_cfg_negative")]
    public void The_first_step_of_a_guided_teacher_is_that_of_diffusers(string name)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "pipeline.safetensors"));
        using var cancellation = new CancellationTokenSource();
        Tensor? second = null;
        var guided = Guidance.Of(
            (noisy, _) =>
            {
                Assert.Equal([4L, 4, 12, 16], noisy.shape);
                return cat([file.Read($"{name}.eps_uncond"), file.Read($"{name}.eps_cond")]).MoveToOuterDisposeScope();
            },
            scale: 8);
        var sampler = new EulerSampler(SamplerOracle.Config(), 5);

        _ = Assert.Throws<OperationCanceledException>(() => sampler.Sample(
            file.Read("in.noise"),
            (noisy, timestep) =>
            {
                if (timestep == sampler.Timesteps[1])
                {
                    second = (noisy * Math.Sqrt(sampler.Sigmas[1] * sampler.Sigmas[1] + 1)).DetachFromDisposeScope();
                    cancellation.Cancel();
                }
                return guided(noisy, timestep);
            },
            cancellation: cancellation.Token));

        OracleFiles.AssertAgrees(file.Read($"{name}.samples")[1], second!, "second sample");
        second!.Dispose();
    }

    [Fact]
    public void Guidance_is_off_at_one_and_below() =>
        Assert.Equal((false, false, true), (Guidance.IsOn(0), Guidance.IsOn(1), Guidance.IsOn(1.5)));
}
