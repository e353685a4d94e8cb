using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Hosts.ScoreMatching;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>A step of score distillation on colour images, against its formula written sample by sample.</summary>
public sealed class ScoreMatchingHostTests
{
    [Fact]
    public void The_normaliser_of_dmd_is_the_mean_over_all_channels_of_a_sample()
    {
        var settings = new DmdSettings { Steps = 2, Batch = 4 };
        using var target = Colour(seed: 8);
        target.eval();
        var inputs = new StageInputs(() => Colour(seed: 7), () => new DenoiserGenerator(Colour(seed: 7), 2.5), new RandomStreams(1), CPU);
        var student = inputs.OpenStudent();
        var hold = new StateHold();
        using var generator = new TrainedGenerator(student, settings.Generator, settings.Ema, settings.Steps, hold);
        var draws = inputs.DrawsFor("backtracking", target, student);
        var context = new HostContext(generator, () => Colour(seed: 7), () => Colour(seed: 7), settings, draws, inputs.Streams, hold, Data: null);
        using var host = (ScoreMatchingHost)HostRegistry.Create(context);
        using var scope = NewDisposeScope();

        var expected = 0f;
        using (no_grad())
        {
            var draw = draws.At(0, settings.Noise, settings.Batch);
            var images = generator.Generate(draw.Latents, draw.Condition);
            var noisy = images + draw.Sigma * draw.Noise;
            var denoised = target.forward(noisy, draw.Sigma, draw.Condition);
            var difference = host.FakeScore.forward(noisy, draw.Sigma, draw.Condition) - denoised;
            for (var sample = 0; sample < settings.Batch; sample++)
            {
                var residual = (images[sample] - denoised[sample]).abs().mean();
                expected += (difference[sample] / (residual + 1e-6) * images[sample]).sum().item<float>() / settings.Batch;
            }
        }
        var loss = host.Iterate(0, new TargetScore(target)).Losses.Single(made => made.Name == "loss/generator").Value.item<float>();

        Assert.Equal(expected, loss, Math.Abs(expected) * 1e-3);
        // As in DMD2 no dropout in the fake score either.
        Assert.False(host.FakeScore.training);
    }

    /// <summary>A network that computes something: a fresh one returns next to nothing but its input.</summary>
    private static Denoiser Colour(long seed)
    {
        using var init = new RandomStreams(seed).For("colour");
        var network = Denoiser.Create(TinyNetwork.Settings with { ImgChannels = 3 }, init);
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        foreach (var weights in network.parameters())
        {
            weights.add_(randn(weights.shape, generator: init) * 0.1);
        }
        return network;
    }
}
