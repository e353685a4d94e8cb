using DisBack.Diffusion;
using DisBack.Diffusion.Augmentation;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.FakeFirst;

/// <summary>
/// Hosts whose fake score moves first and whose generator, in every n-th iteration, follows on images of its own. They differ in the generator's loss.
/// </summary>
internal abstract class FakeFirstHost : IDistillationHost
{
    private readonly IDraws _draws;
    private readonly RandomStreams _streams;
    private readonly ScoreMatchingSettings _settings;
    private readonly NoiseLaw _fakeNoise;
    private readonly bool _drops;
    private readonly AugmentPipe? _augmentation;
    private readonly FakeScore _fake;
    private readonly StepGraphs _graphs = new();

    /// <param name="context">What it is made from.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="fakeNoise">Noise levels at which the fake score is trained.</param>
    /// <param name="drops">Whether draws have seeds of dropout.</param>
    /// <param name="augmentation">How the images are augmented that the fake score learns; null: not at all.</param>
    protected FakeFirstHost(
        HostContext context, ScoreMatchingSettings settings, NoiseLaw fakeNoise, bool drops = false, AugmentationSettings? augmentation = null)
    {
        (Generator, _draws, _streams, _settings, _fakeNoise, _drops) = (context.Generator, context.Draws, context.Streams, settings, fakeNoise, drops);
        _augmentation = augmentation is null ? null : new AugmentPipe(augmentation);
        _fake = new FakeScore(context, settings);
    }

    public IEnumerable<(string Name, Tensor Value)> State => _fake.State;

    public IReadOnlyDictionary<string, long> Counters
    {
        get => _fake.Counters;
        set => _fake.Counters = value;
    }

    public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string>
    {
        ["loss/fake"] = "fake score",
        ["loss/generator"] = "generator",
    };

    protected TrainedGenerator Generator { get; }

    protected FakeScore Fake => _fake;

    /// <summary>Whether the generator shows what the fake score has just seen, and not conditions of its own.</summary>
    protected abstract bool KeepsConditions { get; }

    public HostStep Iterate(long iteration, TargetScore target)
    {
        var batch = _settings.Batch;
        var shown = DrawAt(iteration, _fakeNoise, "fake");
        // What the augmentation draws decides the sizes of the matrices that it multiplies, so a step with it is never recorded.
        // Same with 'false': on a CPU no step is recorded.
        var fakeLoss = _augmentation is null
            ? Compute(shown, isGenerator: false, draw => [DifferentiateFake(draw, iteration)])[0]
            : DifferentiateFake(shown, iteration);
        _fake.Training.Update(iteration);
        if (iteration % _settings.FakeUpdatesPerGeneratorUpdate != 0)
        {
            return new HostStep([("loss/fake", fakeLoss)], null);
        }
        var draw = DrawAt(iteration, _settings.Noise, "generator");
        draw = KeepsConditions ? draw with { Condition = shown.Condition } : draw;
        var made = Compute(draw, isGenerator: true, inner => DifferentiateGenerator(inner, target));
        Generator.Update(iteration, batch);
        return new HostStep([("loss/fake", fakeLoss), ("loss/generator", made[0])], new GeneratorStep(made[1], made[2]));

        IReadOnlyList<Tensor> Compute(Draw inputs, bool isGenerator, Func<Draw, IReadOnlyList<Tensor>> differentiate) => _graphs.Compute(
            target,
            isGenerator,
            [inputs.Latents, inputs.Sigma, inputs.Noise, .. inputs.DropoutSeeds is { } seeds ? new[] { seeds } : []],
            inputs.Condition,
            (tensors, condition) => differentiate(
                new Draw(tensors[0], tensors[1], tensors[2], condition) { DropoutSeeds = tensors.ElementAtOrDefault(3) }));
    }

    public void Dispose()
    {
        _graphs.Dispose();
        _fake.Dispose();
    }

    /// <returns>The loss, a sum over C, H, W and a mean over the batch; the images; the score gap.</returns>
    protected abstract IReadOnlyList<Tensor> DifferentiateGenerator(Draw draw, TargetScore target);

    /// <summary>What the generator drops where it learns; null is nothing.</summary>
    protected static SeededDropout? DropoutOfGenerator(Draw draw) => DropoutOf(draw, 0);

    /// <summary>What target and fake score drop, both the same; null is nothing.</summary>
    protected static SeededDropout? DropoutOfScores(Draw draw) => DropoutOf(draw, 1);

    private static SeededDropout? DropoutOf(Draw draw, long row) => draw.DropoutSeeds is { } seeds ? new(seeds[row]) : null;

    private Draw DrawAt(long iteration, NoiseLaw law, string purpose)
    {
        var draw = _draws.At(iteration, law, _settings.Batch, purpose);
        if (!_drops)
        {
            return draw;
        }
        using var stream = _streams.For($"{purpose} dropout", iteration);
        return draw with { DropoutSeeds = randint(long.MaxValue, [2, _settings.Batch], int64, generator: stream).SentTo(draw.Latents.device) };
    }

    private Tensor DifferentiateFake(Draw draw, long iteration)
    {
        Tensor images;
        Tensor? labels = null;
        // The generator learns nothing here, and drops nothing.
        using (no_grad())
        {
            images = Generator.Generate(draw.Latents, draw.Condition);
        }
        if (_augmentation is not null)
        {
            using var stream = _streams.For("fake augmentation", iteration);
            (images, labels) = _augmentation.Apply(images, stream);
        }
        using var dropout = DropoutOfScores(draw);
        var loss = DenoisingLoss.Of(_fake.Network, images, draw.Sigma, draw.Noise, draw.Condition, labels).sum() / images.size(0);
        _fake.Training.Differentiate(loss);
        return loss;
    }
}
