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
    private readonly IWorkerGroup _workers;
    private readonly StepGraphs _graphs;

    public Dmd2Host(HostContext context, Dmd2Settings settings)
    {
        (_generator, _draws, _settings, _workers) = (context.Generator, context.Draws, settings, context.Workers);
        _graphs = new StepGraphs(_workers);
        _critic = Critic.Of(context, settings);
        _data = settings.HasDiscriminator ? context.RequireDataFor(_critic.Score.Settings) : null;
        var updates = settings.Exclusive ? settings.Steps - settings.GeneratorUpdates : settings.Steps;
        _training = new TrainedNetwork(_critic, settings.Fake, updates, context.Hold, workers: _workers);
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
        var (generated, real, gan) = (OfCritic("generated"), OfCritic("real"), OfCritic("gan"));
        var (samples, shown) = _data.Batch(iteration, batch);
        return new(
            [matching.Latents, matching.Sigma, matching.Noise, fake.Sigma, fake.Noise, gan.Sigma, gan.Noise],
            matching.Condition,
            new(generated.Sigma, generated.Noise, samples, real.Sigma, real.Noise, shown));

        Draw OfCritic(string purpose) => _draws.At(iteration, _settings.FakeNoise, batch, purpose);
    }

    /// <returns>Of the critic its losses, if it moves; of the generator its losses, the images and the score gap, if it moves.</returns>
    private IReadOnlyList<Tensor> Differentiate(Batch batch, TargetScore target, bool movesGenerator, bool movesCritic)
    {
        var ofGenerator = movesGenerator ? DifferentiateGenerator(batch, target) : null;
        var ofCritic = movesCritic ? DifferentiateCritic(batch, ofGenerator?.Images) : [];
        return [.. ofCritic, .. ofGenerator?.All ?? []];
    }

    private OfGenerator DifferentiateGenerator(Batch batch, TargetScore target)
    {
        List<Tensor> matchings = [], verdicts = [], generated = [], differences = [], residuals = [];
        using var frozen = _training.FreezeWeights();
        _generator.Differentiate(LossesOfParts());
        IReadOnlyList<Tensor>[] losses = _settings.HasDiscriminator ? [matchings, verdicts] : [matchings];
        var all = BatchRows.OfAll([generated, differences, residuals, .. losses], _workers);
        var images = all[0].Count == 1 ? all[0][0] : cat([.. all[0]], 0);
        var gap = BatchRows.Mean(all[1]) / BatchRows.Mean(all[2]);
        return new([.. all.Skip(3).Select(BatchRows.Mean)], images, gap);

        // One part after the other, so that only one has a graph.
        IEnumerable<Tensor> LossesOfParts()
        {
            foreach (var rows in BatchRows.Of(_settings.Batch, _settings.BatchPart, _workers))
            {
                var part = batch.Rows(rows);
                var images = _generator.Generate(part.Latents, part.Condition);
                var matching = (Gradient(part, images.detach(), target) * images).mean();
                matchings.Add(matching.detach());
                generated.Add(images.detach());
                if (!_settings.HasDiscriminator)
                {
                    yield return matching * rows.Share;
                    continue;
                }
                var logits = _critic.Logits(images + part.GanSigma * part.GanNoise, part.GanSigma, part.Condition);
                var verdict = nn.functional.softplus(-logits).mean();
                verdicts.Add(verdict.detach());
                yield return (matching + _settings.GeneratorGanWeight * verdict) * rows.Share;
            }
        }

        Tensor Gradient(Batch part, Tensor x0, TargetScore target)
        {
            using var untracked = no_grad();
            var noisy = x0 + part.Sigma * part.Noise;
            var denoised = target.Denoise(noisy, part.Sigma, part.Condition);
            var difference = _critic.Score.forward(noisy, part.Sigma, part.Condition) - denoised;
            var residual = (x0 - denoised).abs().mean([1, 2, 3], keepdim: true);
            differences.Add(difference.abs().mean());
            residuals.Add(residual.mean());
            var gradient = difference / (residual + 1e-6);
            return _settings is FDistillSettings weighted
                ? gradient * DensityRatio.Weights(_critic.Logits(noisy, part.Sigma, part.Condition), weighted)
                : gradient;
        }
    }

    /// <param name="batch">The draws.</param>
    /// <param name="images">What the generator made of them; null if that is not known yet.</param>
    private IReadOnlyList<Tensor> DifferentiateCritic(Batch batch, Tensor? images)
    {
        List<Tensor> fakes = [], discriminators = [];
        _training.Differentiate(LossesOfParts());
        return [.. BatchRows.OfAll(_settings.HasDiscriminator ? [fakes, discriminators] : [fakes], _workers).Select(BatchRows.Mean)];

        IEnumerable<Tensor> LossesOfParts()
        {
            foreach (var rows in BatchRows.Of(_settings.Batch, _settings.BatchPart, _workers))
            {
                var part = batch.Rows(rows);
                var x0 = images is null ? Generated(part) : rows.Of(images);
                var fake = DenoisingLoss.Of(_critic.Score, x0, part.FakeSigma, part.FakeNoise, part.Condition).mean();
                fakes.Add(fake.detach());
                if (!_settings.HasDiscriminator)
                {
                    yield return fake * rows.Share;
                    continue;
                }
                // The noise that the fake score saw is independent of all that is compared here.
                (double, Tensor)? r1 = _settings.GanR1Weight > 0 ? (_settings.GanR1Weight, part.FakeNoise) : null;
                var discriminator = _critic.Discriminate(x0, part.Condition, part.Seen!, r1);
                discriminators.Add(discriminator.detach());
                yield return (fake + _settings.FakeGanWeight * discriminator) * rows.Share;
            }
        }

        Tensor Generated(Batch part)
        {
            using var untracked = no_grad();
            return _generator.Generate(part.Latents, part.Condition);
        }
    }

    /// <summary>What an update of the generator leaves: its losses, the images and the score gap.</summary>
    private sealed record OfGenerator(IReadOnlyList<Tensor> Losses, Tensor Images, Tensor Gap)
    {
        public IReadOnlyList<Tensor> All => [.. Losses, Images, Gap];
    }

    /// <summary>What a step draws, by its names; the last two and <paramref name="Seen"/> only where there is a discriminator.</summary>
    private readonly record struct Batch(IReadOnlyList<Tensor> Draws, Condition? Condition, DiscriminatorBatch? Seen)
    {
        /// <summary>All of it but the condition of what is generated.</summary>
        public IReadOnlyList<Tensor> Tensors => [.. Draws, .. Seen?.Tensors ?? []];

        public Tensor Latents => Draws[0];

        public Tensor Sigma => Draws[1];

        public Tensor Noise => Draws[2];

        public Tensor FakeSigma => Draws[3];

        public Tensor FakeNoise => Draws[4];

        /// <summary>Of the generated samples that the discriminator sees for the generator's own loss.</summary>
        public Tensor GanSigma => Draws[5];

        public Tensor GanNoise => Draws[6];

        /// <summary>Some of its rows.</summary>
        public Batch Rows(BatchRows part) => new([.. Draws.Select(part.Of)], part.Of(Condition), Seen?.Rows(part));

        /// <summary>The same in other tensors.</summary>
        public Batch With(IReadOnlyList<Tensor> tensors, Condition? condition) =>
            new([.. tensors.Take(Draws.Count)], condition, Seen?.With([.. tensors.Skip(Draws.Count)]));
    }
}
