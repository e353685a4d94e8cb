using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Noise;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Dmd2;

/// <summary>
/// DMD2 (arXiv 2405.14867) and f-distill: normalised distribution matching, and a discriminator on the fake score's features whose inputs are noised, each
/// at levels of its own (diffusion GAN).
/// </summary>
/// <remarks>The generator's gradient and the critic's are of the images and the critic before either moves, as in DMD2's loop.</remarks>
internal sealed class Dmd2Host : IDistillationHost
{
    /// <summary>The name under which checkpoints count the updates of the fake score and the discriminator.</summary>
    private const string CriticUpdates = "CriticUpdates";

    private readonly TrainedGenerator _generator;
    private readonly IDraws _draws;
    private readonly IRealSamples? _data;
    private readonly Dmd2Settings _settings;
    private readonly Critic _critic;
    private readonly TrainedNetwork _training;
    private readonly StepGraphs _graphs = new();

    public Dmd2Host(HostContext context, Dmd2Settings settings)
    {
        (_generator, _draws, _settings) = (context.Generator, context.Draws, settings);
        _critic = Critic.Of(context, settings);
        _data = settings.HasDiscriminator ? context.RequireDataFor(_critic.Score.Settings) : null;
        var updates = settings.Exclusive ? settings.Steps - settings.GeneratorUpdates : settings.Steps;
        _training = new TrainedNetwork(_critic, settings.Fake, updates, context.Hold);
    }

    /// <summary>The fake score and the discriminator.</summary>
    public Critic Critic => _critic;

    public IEnumerable<(string Name, Tensor Value)> State => _training.State("critic");

    public IReadOnlyDictionary<string, long> Counters
    {
        get => new Dictionary<string, long> { [CriticUpdates] = _training.Updates };
        set => _training.Updates = value[CriticUpdates];
    }

    public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string>
    {
        ["loss/generator"] = "generator",
        ["loss/generator_gan"] = "generator",
        ["loss/fake"] = "fake score",
        ["loss/discriminator"] = "discriminator",
    };

    public HostStep Iterate(long iteration, TargetScore target)
    {
        var movesGenerator = iteration % _settings.FakeUpdatesPerGeneratorUpdate == 0;
        var movesCritic = !(_settings.Exclusive && movesGenerator);
        var batch = Draw(iteration);
        var made = _graphs.Compute(
            target,
            movesGenerator,
            batch.Tensors,
            batch.Condition,
            (tensors, condition) => Differentiate(batch.With(tensors, condition), target, movesGenerator, movesCritic));
        if (movesGenerator)
        {
            _generator.Update(iteration, _settings.Batch);
        }
        if (movesCritic)
        {
            _training.Update(iteration);
        }
        string[] losses =
        [
            .. movesCritic ? Names("loss/fake", "loss/discriminator") : [],
            .. movesGenerator ? Names("loss/generator", "loss/generator_gan") : [],
        ];
        return new HostStep([.. losses.Zip(made)], movesGenerator ? new GeneratorStep(made[^2], made[^1]) : null);

        IReadOnlyList<string> Names(string loss, string ofDiscriminator) => _settings.HasDiscriminator ? [loss, ofDiscriminator] : [loss];
    }

    public void Dispose()
    {
        _graphs.Dispose();
        _training.Dispose();
        _critic.Dispose();
    }

    private Batch Draw(long iteration)
    {
        var batch = _settings.Batch;
        var matching = _draws.At(iteration, _settings.Noise, batch);
        var fake = OfCritic("fake");
        if (_data is null)
        {
            return new([matching.Latents, matching.Sigma, matching.Noise, fake.Sigma, fake.Noise], matching.Condition, null);
        }
        var (generated, real, judged) = (OfCritic("generated"), OfCritic("real"), OfCritic("judged"));
        var (samples, shown) = _data.Batch(iteration, batch);
        return new(
            [matching.Latents, matching.Sigma, matching.Noise, fake.Sigma, fake.Noise, judged.Sigma, judged.Noise],
            matching.Condition,
            new(generated.Sigma, generated.Noise, samples, real.Sigma, real.Noise, shown));

        Draw OfCritic(string purpose) => _draws.At(iteration, _settings.FakeNoise, batch, purpose);
    }

    /// <returns>Of the critic its losses, if it moves; of the generator its losses, the images and the score gap, if it moves.</returns>
    private IReadOnlyList<Tensor> Differentiate(Batch batch, TargetScore target, bool movesGenerator, bool movesCritic)
    {
        Tensor images;
        using (movesGenerator ? enable_grad() : no_grad())
        {
            images = _generator.Generate(batch.Latents, batch.Condition);
        }
        IReadOnlyList<Tensor> ofGenerator = movesGenerator ? DifferentiateGenerator(batch, images, target) : [];
        IReadOnlyList<Tensor> ofCritic = movesCritic ? DifferentiateCritic(batch, images.detach()) : [];
        return [.. ofCritic, .. ofGenerator];
    }

    private IReadOnlyList<Tensor> DifferentiateGenerator(Batch batch, Tensor images, TargetScore target)
    {
        using var frozen = _training.FreezeWeights();
        var x0 = images.detach();
        Tensor gradient, gap;
        using (no_grad())
        {
            var noisy = x0 + batch.Sigma * batch.Noise;
            var denoised = target.Denoise(noisy, batch.Sigma, batch.Condition);
            var difference = _critic.Score.forward(noisy, batch.Sigma, batch.Condition) - denoised;
            var residual = (x0 - denoised).abs().mean([1, 2, 3], keepdim: true);
            gap = difference.abs().mean() / residual.mean();
            gradient = difference / (residual + 1e-6);
            if (_settings is FDistillSettings weighted)
            {
                gradient *= DensityRatio.Weights(_critic.Logits(noisy, batch.Sigma, batch.Condition), weighted);
            }
        }
        var matching = (gradient * images).mean();
        if (!_settings.HasDiscriminator)
        {
            _generator.Differentiate(matching);
            return [matching, x0, gap];
        }
        var logits = _critic.Logits(images + batch.JudgedSigma * batch.JudgedNoise, batch.JudgedSigma, batch.Condition);
        var verdict = nn.functional.softplus(-logits).mean();
        _generator.Differentiate(matching + _settings.GeneratorGanWeight * verdict);
        return [matching, verdict, x0, gap];
    }

    private IReadOnlyList<Tensor> DifferentiateCritic(Batch batch, Tensor x0)
    {
        var fake = DenoisingLoss.Of(_critic.Score, x0, batch.FakeSigma, batch.FakeNoise, batch.Condition).mean();
        if (!_settings.HasDiscriminator)
        {
            _training.Differentiate(fake);
            return [fake];
        }
        // The noise that the fake score saw is independent of all that is compared here.
        (double, Tensor)? r1 = _settings.GanR1Weight > 0 ? (_settings.GanR1Weight, batch.FakeNoise) : null;
        var discriminator = _critic.Discriminate(x0, batch.Condition, batch.Judged!, r1);
        _training.Differentiate(fake + _settings.FakeGanWeight * discriminator);
        return [fake, discriminator];
    }

    /// <summary>What a step draws, by its names; the last two and <paramref name="Judged"/> only where there is a discriminator.</summary>
    private readonly record struct Batch(IReadOnlyList<Tensor> Draws, Condition? Condition, JudgedSamples? Judged)
    {
        /// <summary>All of it but the condition of what is generated.</summary>
        public IReadOnlyList<Tensor> Tensors => [.. Draws, .. Judged?.Tensors ?? []];

        public Tensor Latents => Draws[0];

        public Tensor Sigma => Draws[1];

        public Tensor Noise => Draws[2];

        public Tensor FakeSigma => Draws[3];

        public Tensor FakeNoise => Draws[4];

        /// <summary>Of the generated samples as the generator's own loss has them judged.</summary>
        public Tensor JudgedSigma => Draws[5];

        public Tensor JudgedNoise => Draws[6];

        /// <summary>The same in other tensors.</summary>
        public Batch With(IReadOnlyList<Tensor> tensors, Condition? condition) =>
            new([.. tensors.Take(Draws.Count)], condition, Judged?.With([.. tensors.Skip(Draws.Count)]));
    }
}
