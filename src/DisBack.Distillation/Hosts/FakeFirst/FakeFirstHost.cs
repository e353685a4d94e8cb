using DisBack.Diffusion.Noise;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.FakeFirst;

/// <summary>
/// Hosts whose fake score moves first and whose generator, in every n-th iteration, follows on images of its own. They differ in the generator's loss.
/// </summary>
internal abstract class FakeFirstHost : IDistillationHost
{
    private readonly IDraws _draws;
    private readonly ScoreMatchingSettings _settings;
    private readonly NoiseLaw _fakeNoise;
    private readonly FakeScore _fake;
    private readonly StepGraphs _graphs = new();

    /// <param name="context">What it is made from.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="fakeNoise">Noise levels at which the fake score is trained.</param>
    protected FakeFirstHost(HostContext context, ScoreMatchingSettings settings, NoiseLaw fakeNoise)
    {
        (Generator, _draws, _settings, _fakeNoise) = (context.Generator, context.Draws, settings, fakeNoise);
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
        var shown = _draws.At(iteration, _fakeNoise, batch, "fake");
        var fakeLoss = Compute(shown, isGenerator: false, DifferentiateFake)[0];
        _fake.Training.Update();
        if (iteration % _settings.FakeUpdatesPerGeneratorUpdate != 0)
        {
            return new HostStep([("loss/fake", fakeLoss)], null);
        }
        var draw = _draws.At(iteration, _settings.Noise, batch, "generator");
        draw = KeepsConditions ? draw with { Condition = shown.Condition } : draw;
        var made = Compute(draw, isGenerator: true, inner => DifferentiateGenerator(inner, target));
        Generator.Update(batch);
        return new HostStep([("loss/fake", fakeLoss), ("loss/generator", made[0])], new GeneratorStep(made[1], made[2]));

        IReadOnlyList<Tensor> Compute(Draw inputs, bool isGenerator, Func<Draw, IReadOnlyList<Tensor>> differentiate) => _graphs.Compute(
            target,
            isGenerator,
            [inputs.Latents, inputs.Sigma, inputs.Noise],
            inputs.Condition,
            (tensors, condition) => differentiate(new Draw(tensors[0], tensors[1], tensors[2], condition)));
    }

    public void Dispose()
    {
        _graphs.Dispose();
        _fake.Dispose();
    }

    /// <returns>The loss, a sum over C, H, W and a mean over the batch; the images; the score gap.</returns>
    protected abstract IReadOnlyList<Tensor> DifferentiateGenerator(Draw draw, TargetScore target);

    private IReadOnlyList<Tensor> DifferentiateFake(Draw draw)
    {
        Tensor images;
        using (no_grad())
        {
            images = Generator.Generate(draw.Latents, draw.Condition);
        }
        var loss = DenoisingLoss.Of(_fake.Network, images, draw.Sigma, draw.Noise, draw.Condition).sum() / images.shape[0];
        _fake.Training.Differentiate(loss);
        return [loss];
    }
}
