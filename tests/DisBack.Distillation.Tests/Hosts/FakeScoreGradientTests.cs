using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Hosts.Dmd2;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>
/// The gradient that a host gives its fake score, and the discriminator with it, is the slope of the published loss, written down once more and found by
/// differences; the losses that it reports are the terms of that loss.
/// </summary>
public sealed class FakeScoreGradientTests
{
    private const int Batch = 4;

    private static readonly OptimizerSettings s_still = new() { LearningRate = 1e-9 };

    [Fact]
    public void The_fake_score_of_diff_instruct_learns_the_samples_at_noise_of_its_own()
    {
        var settings = new DiffInstructSettings { Batch = Batch, Generator = s_still, Fake = s_still };
        var draw = Draws().At(0, settings.Noise, Batch, "fake");
        var images = Samples(draw);
        AssertSlope(settings, "fake", () => TinyNetwork.Moved(seed: 7), fake =>
            [("loss/fake", DenoisingLoss.Of(fake, images, draw.Sigma, draw.Noise, draw.Condition).sum() / Batch, 1)]);
    }

    [Fact]
    public void The_fake_score_of_sid_learns_the_samples_at_levels_of_its_own()
    {
        var settings = new SidSettings { Batch = Batch, Generator = s_still, Fake = s_still };
        var draw = Draws().At(0, settings.FakeNoise, Batch, "fake");
        var images = Samples(draw);
        AssertSlope(settings, "fake", () => TinyNetwork.Moved(seed: 7), fake =>
            [("loss/fake", DenoisingLoss.Of(fake, images, draw.Sigma, draw.Noise, draw.Condition).sum() / Batch, 1)]);
    }

    [Theory]
    [InlineData(GanFeatures.FakeScore, 0)]
    [InlineData(GanFeatures.FakeScore, 100)]
    [InlineData(GanFeatures.Teacher, 100)]
    public void The_critic_of_dmd2_learns_the_samples_and_to_tell_them_from_real_images(GanFeatures features, double r1)
    {
        var settings = new Dmd2Settings { Batch = Batch, GanFeatures = features, GanR1Weight = r1, FakeGanWeight = 3, Generator = s_still, Fake = s_still };
        var draws = Draws();
        var images = Samples(draws.At(0, settings.Noise, Batch));
        var shown = draws.At(0, settings.Noise, Batch).Condition;
        var (fake, ofGenerated, ofReal) = (Of("fake"), Of("generated"), Of("real"));
        using var data = AllHosts.Data();
        var (real, classes) = data.Batch(0, Batch);

        AssertSlope(settings, "critic", () => OpenCritic(settings), critic =>
        {
            var score = DenoisingLoss.Of(critic.Score, images, fake.Sigma, fake.Noise, shown).mean();
            var generated = critic.Logits(images + ofGenerated.Sigma * ofGenerated.Noise, ofGenerated.Sigma, shown);
            var noisy = real + ofReal.Sigma * ofReal.Noise;
            var logits = critic.Logits(noisy, ofReal.Sigma, classes);
            var moved = critic.Logits(noisy + 0.1 * fake.Noise, ofReal.Sigma, classes);
            // Generated images are to be called 0 and real ones 1, and a little noise on a real one is to change nothing.
            var discriminator = -(1 - generated.sigmoid()).log().mean() - logits.sigmoid().log().mean() + r1 * (moved - logits).square().mean();
            return [("loss/fake", score, 1), ("loss/discriminator", discriminator, 3)];
        });

        Draw Of(string purpose) => draws.At(0, settings.FakeNoise, Batch, purpose);
    }

    public static TheoryData<ScoreMatchingSettings, long, string> Iterations => new()
    {
        { new DmdSettings { FakeUpdatesPerGeneratorUpdate = 2 }, 0, "loss/fake, loss/generator, generated" },
        { new DmdSettings { FakeUpdatesPerGeneratorUpdate = 2 }, 1, "loss/fake" },
        { new SidSettings { FakeUpdatesPerGeneratorUpdate = 2 }, 0, "loss/fake, loss/generator, generated" },
        { new SidSettings { FakeUpdatesPerGeneratorUpdate = 2 }, 1, "loss/fake" },
        { new Dmd2Settings { FakeUpdatesPerGeneratorUpdate = 2 }, 0, "loss/fake, loss/discriminator, loss/generator, loss/generator_gan, generated" },
        { new Dmd2Settings { FakeUpdatesPerGeneratorUpdate = 2 }, 1, "loss/fake, loss/discriminator" },
        { new Dmd2Settings { FakeUpdatesPerGeneratorUpdate = 2, Exclusive = true }, 0, "loss/generator, loss/generator_gan, generated" },
        { new Dmd2Settings { FakeUpdatesPerGeneratorUpdate = 2, Exclusive = true }, 1, "loss/fake, loss/discriminator" },
        { new Dmd2Settings { GeneratorGanWeight = 0, FakeGanWeight = 0 }, 0, "loss/fake, loss/generator, generated" },
    };

    [Theory, MemberData(nameof(Iterations), DisableDiscoveryEnumeration = true)]
    public void An_iteration_reports_the_losses_of_what_it_moves(ScoreMatchingSettings settings, long iteration, string made)
    {
        using var scope = NewDisposeScope();
        using var target = TinyNetwork.Moved(seed: 8);
        var student = new DenoiserGenerator(TinyNetwork.Moved(seed: 9), 2.5);
        using var generator = new TrainedGenerator(student, settings.Generator, settings.Ema, settings.Steps, new StateHold());
        using var data = AllHosts.Data();
        using var host = HostRegistry.Create(Context(settings with { Batch = Batch }, generator, data));

        var step = host.Iterate(iteration, new TargetScore(target));

        Assert.Equal(made, string.Join(", ", [.. step.Losses.Select(loss => loss.Name), .. step.Generated is null ? Array.Empty<string>() : ["generated"]]));
        Assert.All(step.Losses, loss => Assert.Contains(loss.Name, host.Losses.Keys));
        Assert.Equal(step.Generated is null ? 0 : 1, generator.Updates);
    }

    [Theory]
    [InlineData(GanFeatures.FakeScore, true)]
    [InlineData(GanFeatures.Teacher, false)]
    public void The_discriminator_sees_the_features_that_are_set(GanFeatures features, bool ofFakeScore)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var critic = OpenCritic(new Dmd2Settings { Batch = Batch, GanFeatures = features });
        var draw = Draws().At(0, new Dmd2Settings().FakeNoise, Batch);
        var before = critic.Logits(draw.Noise, draw.Sigma, draw.Condition);
        foreach (var weights in critic.Score.parameters())
        {
            weights.mul_(2);
        }

        Assert.Equal(ofFakeScore, !critic.Logits(draw.Noise, draw.Sigma, draw.Condition).allclose(before));
    }

    /// <param name="settings">The host.</param>
    /// <param name="name">What its state calls the network.</param>
    /// <param name="open">Opens the network as it begins.</param>
    /// <param name="loss">The terms of its loss by the names under which they are reported, with their weights.</param>
    private static void AssertSlope<T>(
        ScoreMatchingSettings settings, string name, Func<T> open, Func<T, (string Name, Tensor Value, double Weight)[]> loss)
        where T : nn.Module
    {
        using var scope = NewDisposeScope();
        using var target = TinyNetwork.Moved(seed: 8);
        var student = new DenoiserGenerator(TinyNetwork.Moved(seed: 9), 2.5);
        using var generator = new TrainedGenerator(student, settings.Generator, settings.Ema, settings.Steps, new StateHold());
        using var data = AllHosts.Data();
        using var host = HostRegistry.Create(Context(settings, generator, data));
        using var network = open();
        using var groups = ParameterGroups.Attach(network, trained: true);
        var weights = groups.Trained.Single().Weights;
        Assert.True(weights.numel() >= TinyNetwork.Settings.Size.Parameters, "Not all of the fake score is trained.");

        var reported = host.Iterate(0, new TargetScore(target)).Losses;
        using var still = no_grad();
        Assert.All(loss(network), term =>
        {
            var value = term.Value.item<float>();
            Assert.Equal(value, reported.Single(made => made.Name == term.Name).Value.item<float>(), Math.Abs(value) * 1e-3);
        });

        // After one update the first moment is what Adam's beta leaves of the gradient.
        var gradient = host.State.Single(entry => entry.Name == $"{name}.adam.first_moment").Value / (1 - settings.Fake.Betas[0]);
        var slope = gradient.norm().item<float>();
        var step = gradient / slope * weights.norm() * 2e-4;
        var difference = LossAt(step) - LossAt(-step);
        Assert.Equal(slope, difference / (2 * step.norm().item<float>()), slope * 0.02);

        double LossAt(Tensor by)
        {
            var before = weights.clone();
            weights.add_(by);
            var value = loss(network).Sum(term => term.Weight * term.Value.item<float>());
            weights.copy_(before);
            return value;
        }
    }

    private static HostContext Context(BacktrackingSettings settings, TrainedGenerator generator, IRealSamples? data) => new(
        generator, () => TinyNetwork.Moved(seed: 7), () => TinyNetwork.Moved(seed: 6), settings, Draws(), new RandomStreams(1), new StateHold(), data);

    private static Critic OpenCritic(Dmd2Settings settings) => Critic.Of(Context(settings, generator: null!, data: null), settings);

    private static Tensor Samples(Draw draw)
    {
        using var untracked = no_grad();
        using var student = new DenoiserGenerator(TinyNetwork.Moved(seed: 9), 2.5);
        return student.Generate(draw.Latents, draw.Condition);
    }

    private static IDraws Draws()
    {
        var inputs = new StageInputs(() => TinyNetwork.Moved(seed: 7), () => new DenoiserGenerator(TinyNetwork.Moved(seed: 9), 2.5), new RandomStreams(1), CPU);
        using var teacher = inputs.OpenTeacher();
        using var student = inputs.OpenStudent();
        return inputs.DrawsFor("backtracking", teacher, student);
    }
}
