using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Hosts.Dmd2;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>
/// The gradient that a host gives the generator is the slope of its published loss, written down once more with what it holds fixed held fixed, and found
/// by differences.
/// </summary>
public sealed class HostGradientTests
{
    private const int Batch = 4;

    /// <summary>A loss of the generated images: its fixed parts are computed from those of the unmoved generator.</summary>
    private delegate Func<Tensor, Tensor> Loss(Tensor still, Draw draw, Denoiser target);

    [Fact]
    public void Vsd_pushes_the_difference_of_the_predicted_noise() => AssertSlope(
        new VsdSettings { Batch = Batch }, purpose: null,
        (still, draw, target) =>
        {
            var noisy = still + draw.Sigma * draw.Noise;
            // The fake score begins as the network that the test opens.
            using var fake = TinyNetwork.Moved(seed: 7);
            var push = Noise(target) - Noise(fake);
            return images => (push * images).sum() / Batch;

            Tensor Noise(Denoiser score) => (noisy - score.forward(noisy, draw.Sigma, draw.Condition)) / draw.Sigma;
        });

    [Fact]
    public void Score_gan_pushes_the_difference_of_the_scores_times_sigma() => AssertSlope(
        new ScoreGanSettings { Batch = Batch }, purpose: null,
        (still, draw, target) =>
        {
            var noisy = still + draw.Sigma * draw.Noise;
            using var fake = TinyNetwork.Moved(seed: 7);
            var push = draw.Sigma * (Score(fake) - Score(target));
            return images => (push * images).sum() / Batch;

            Tensor Score(Denoiser score) => (score.forward(noisy, draw.Sigma, draw.Condition) - noisy) / draw.Sigma.square();
        });

    [Fact]
    public void Sds_pushes_the_predicted_noise_less_the_true_one() => AssertSlope(
        new SdsSettings { Batch = Batch }, purpose: null,
        (still, draw, target) =>
        {
            var noisy = still + draw.Sigma * draw.Noise;
            var push = (noisy - target.forward(noisy, draw.Sigma, draw.Condition)) / draw.Sigma - draw.Noise;
            return images => (push * images).sum() / Batch;
        });

    [Fact]
    public void Diff_instruct_pushes_the_difference_of_the_denoisers_with_the_labels_of_the_fake_score() => AssertSlope(
        // The fake score has made one update before the generator's gradient; at this rate it is where it was.
        new DiffInstructSettings { Batch = Batch, Fake = new() { LearningRate = 1e-9 } }, "generator",
        (still, draw, target) =>
        {
            var noisy = still + draw.Sigma * draw.Noise;
            using var fake = TinyNetwork.Moved(seed: 7);
            var push = fake.forward(noisy, draw.Sigma, draw.Condition) - target.forward(noisy, draw.Sigma, draw.Condition);
            return images => (push * images).sum() / Batch;
        },
        shown: "fake");

    [Fact]
    public void Sid_is_differentiated_through_both_scores() => AssertSlope(
        // The fake score has made one update before the generator's gradient; at this rate it is where it was.
        new SidSettings { Batch = Batch, Fake = new() { LearningRate = 1e-9 } }, "generator",
        (still, draw, target) =>
        {
            var scale = (still - target.forward(still + draw.Sigma * draw.Noise, draw.Sigma, draw.Condition)).abs().mean([1, 2, 3], keepdim: true);
            return images =>
            {
                using var fake = TinyNetwork.Moved(seed: 7);
                var noisy = images + draw.Sigma * draw.Noise;
                var (real, mine) = (target.forward(noisy, draw.Sigma, draw.Condition), fake.forward(noisy, draw.Sigma, draw.Condition));
                return (((1 - 1.2) * (real - mine).square() + (real - mine) * (mine - images)) / scale).sum() / Batch;
            };
        });

    public static TheoryData<Dmd2Settings> Judged =>
    [
        new Dmd2Settings { GeneratorGanWeight = 0 },
        new Dmd2Settings { GeneratorGanWeight = 2.5 },
        new Dmd2Settings { GeneratorGanWeight = 2.5, GanFeatures = GanFeatures.Teacher },
        new FDistillSettings { GeneratorGanWeight = 0, Divergence = Divergence.ForwardKl },
        new FDistillSettings { GeneratorGanWeight = 2.5, Divergence = Divergence.SoftenedReverseKl },
    ];

    [Theory, MemberData(nameof(Judged), DisableDiscoveryEnumeration = true)]
    public void Dmd2_adds_the_discriminators_verdict_on_noised_images_and_f_distill_its_density_ratios(Dmd2Settings host)
    {
        var settings = host with { Batch = Batch, Generator = new(), Fake = new() { LearningRate = 1e-9 } };
        AssertSlope(settings, purpose: null, (still, draw, target) =>
        {
            var noisy = still + draw.Sigma * draw.Noise;
            using var critic = OpenCritic(settings);
            var real = target.forward(noisy, draw.Sigma, draw.Condition);
            var push = (critic.Score.forward(noisy, draw.Sigma, draw.Condition) - real) / (still - real).abs().mean([1, 2, 3], keepdim: true);
            if (settings is FDistillSettings weighted)
            {
                push *= DensityRatio.Weights(critic.Logits(noisy, draw.Sigma, draw.Condition), weighted);
            }
            var gan = Draws().At(0, new Dmd2Settings().FakeNoise, Batch, "gan");
            return images =>
            {
                using var judge = OpenCritic(settings);
                return (push * images).mean() + settings.GeneratorGanWeight
                    * nn.functional.softplus(-judge.Logits(images + gan.Sigma * gan.Noise, gan.Sigma, draw.Condition)).mean();
            };
        });
    }

    [Fact]
    public void Dmd2_without_a_discriminator_pushes_the_normalised_difference_alone() => AssertSlope(
        new Dmd2Settings { Batch = Batch, GeneratorGanWeight = 0, FakeGanWeight = 0, Generator = new(), Fake = new() { LearningRate = 1e-9 } }, purpose: null,
        (still, draw, target) =>
        {
            var noisy = still + draw.Sigma * draw.Noise;
            using var fake = TinyNetwork.Moved(seed: 7);
            var real = target.forward(noisy, draw.Sigma, draw.Condition);
            var push = (fake.forward(noisy, draw.Sigma, draw.Condition) - real) / (still - real).abs().mean([1, 2, 3], keepdim: true);
            return images => (push * images).mean();
        });

    /// <param name="settings">The host.</param>
    /// <param name="purpose">What the generator's draw is for.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="shown">The draw whose condition the generator shows, where it is not its own.</param>
    private static void AssertSlope(BacktrackingSettings settings, string? purpose, Loss loss, string? shown = null)
    {
        using var scope = NewDisposeScope();
        using var target = TinyNetwork.Moved(seed: 8);
        target.eval();
        foreach (var weight in target.parameters())
        {
            weight.requires_grad_(false);
        }
        var student = new DenoiserGenerator(TinyNetwork.Moved(seed: 9), 2.5);
        var hold = new StateHold();
        using var generator = new TrainedGenerator(student, settings.Generator with { LearningRate = 1e-9 }, settings.Ema, settings.Steps, hold);
        using var data = AllHosts.Data();
        using var host = HostRegistry.Create(Context(settings, generator, hold, data));

        var law = settings is ScoreMatchingSettings matching ? matching.Noise : ((SdsSettings)settings).Noise;
        var draw = Draws().At(0, law, Batch, purpose);
        draw = shown is null ? draw : draw with { Condition = Draws().At(0, law, Batch, shown).Condition };
        var weights = generator.State.First(entry => entry.Name == "generator.weights").Value;
        Func<Tensor, Tensor> of;
        Tensor images;
        using (no_grad())
        {
            images = student.Generate(draw.Latents, draw.Condition);
            of = loss(images, draw, target);
        }
        var (losses, generated) = host.Iterate(0, new TargetScore(target));
        var made = generated!.Value;
        Assert.Equal(1, generator.Updates);
        Assert.True(made.Images.allclose(images), "The images are others than those of the draw.");
        Assert.Equal(GapOf(settings, images, draw, target), made.Gap.item<float>(), 1e-4);
        // More exact than the slope, which is found by differences.
        var told = losses.Where(loss => loss.Name.StartsWith("loss/generator", StringComparison.Ordinal))
            .Sum(loss => loss.Value.item<float>() * (loss.Name == "loss/generator" ? 1 : ((Dmd2Settings)settings).GeneratorGanWeight));
        var expected = of(images).item<float>();
        Assert.Equal(expected, told, Math.Abs(expected) * 1e-4);
        var gradient = cat([.. student.Network.parameters().Select(parameter => parameter.grad!.flatten())]);
        var slope = gradient.norm().item<float>();
        Assert.True(slope > 0, "There is no gradient.");

        using var still = no_grad();
        var step = gradient / slope * weights.norm() * 2e-4;
        var moved = step.norm().item<float>();
        var difference = LossAt(step).item<float>() - LossAt(-step).item<float>();
        Assert.Equal(slope, difference / (2 * moved), slope * 0.02);

        Tensor LossAt(Tensor by)
        {
            var before = weights.clone();
            weights.add_(by);
            var value = of(student.Generate(draw.Latents, draw.Condition));
            weights.copy_(before);
            return value;
        }
    }

    /// <summary>How far the fake score is from the target, relative to how far the images are; without a fake score the images are in its place.</summary>
    private static float GapOf(BacktrackingSettings settings, Tensor images, Draw draw, Denoiser target)
    {
        if (settings is SdsSettings)
        {
            return 1;
        }
        using var untracked = no_grad();
        using var fake = TinyNetwork.Moved(seed: 7);
        var noisy = images + draw.Sigma * draw.Noise;
        var denoised = target.forward(noisy, draw.Sigma, draw.Condition);
        return ((fake.forward(noisy, draw.Sigma, draw.Condition) - denoised).abs().mean() / (images - denoised).abs().mean()).item<float>();
    }

    private static HostContext Context(BacktrackingSettings settings, TrainedGenerator generator, StateHold hold, IRealSamples? data) =>
        new(generator, () => TinyNetwork.Moved(seed: 7), () => TinyNetwork.Moved(seed: 6), settings, Draws(), new RandomStreams(1), hold, data);

    /// <summary>The critic of a host in its first iteration, which needs no generator.</summary>
    private static Critic OpenCritic(Dmd2Settings settings) => Critic.Of(Context(settings, generator: null!, new StateHold(), data: null), settings);

    private static IDraws Draws()
    {
        var inputs = new StageInputs(() => TinyNetwork.Moved(seed: 7), () => new DenoiserGenerator(TinyNetwork.Moved(seed: 9), 2.5), new RandomStreams(1), CPU);
        using var teacher = inputs.OpenTeacher();
        return inputs.DrawsFor("backtracking", teacher, inputs.OpenStudent());
    }
}
