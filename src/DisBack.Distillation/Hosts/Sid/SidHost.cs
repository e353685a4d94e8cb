using DisBack.Diffusion.Noise;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Sid;

/// <summary>
/// Score identity distillation (arXiv 2404.04057): the generator minimises an estimate of the Fisher divergence to the target that needs no score of its
/// images, and both scores are differentiated by what they are asked about.
/// </summary>
/// <remarks>The fake score moves first, and the generator, in every n-th iteration, on images of its own, as in the released loop.</remarks>
internal sealed class SidHost : IDistillationHost
{
    private readonly TrainedGenerator _generator;
    private readonly IDraws _draws;
    private readonly SidSettings _settings;
    private readonly FakeScore _fake;
    private readonly StepGraphs _graphs = new();

    public SidHost(HostContext context, SidSettings settings)
    {
        (_generator, _draws, _settings) = (context.Generator, context.Draws, settings);
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
        ["loss/generator"] = "generator",
        ["loss/fake"] = "fake score",
    };

    public HostStep Iterate(long iteration, TargetScore target)
    {
        var batch = _settings.Batch;
        var fakeLoss = Compute(_draws.At(iteration, _settings.FakeNoise, batch, "fake"), isGenerator: false, DifferentiateFake)[0];
        _fake.Training.Update();
        if (iteration % _settings.FakeUpdatesPerGeneratorUpdate != 0)
        {
            return new HostStep([("loss/fake", fakeLoss)], null);
        }
        var made = Compute(_draws.At(iteration, _settings.Noise, batch, "generator"), isGenerator: true, draw => DifferentiateGenerator(draw, target));
        _generator.Update(batch);
        return new HostStep([("loss/fake", fakeLoss), ("loss/generator", made[0])], new GeneratorStep(made[1], made[2]));

        IReadOnlyList<Tensor> Compute(Draw draw, bool isGenerator, Func<Draw, IReadOnlyList<Tensor>> differentiate) => _graphs.Compute(
            target,
            isGenerator,
            [draw.Latents, draw.Sigma, draw.Noise],
            draw.Condition,
            (draws, condition) => differentiate(new Draw(draws[0], draws[1], draws[2], condition)));
    }

    public void Dispose()
    {
        _graphs.Dispose();
        _fake.Dispose();
    }

    private IReadOnlyList<Tensor> DifferentiateFake(Draw draw)
    {
        Tensor images;
        using (no_grad())
        {
            images = _generator.Generate(draw.Latents, draw.Condition);
        }
        var loss = DenoisingLoss.Of(_fake.Network, images, draw.Sigma, draw.Noise, draw.Condition).sum() / _settings.Batch;
        _fake.Training.Differentiate(loss);
        return [loss];
    }

    /// <returns>
    /// The loss (D_i - D_phi) ((D_i - x0) - alpha (D_i - D_phi)) over the mean |x0 - D_i| of the sample, the images, and the score gap.
    /// </returns>
    private IReadOnlyList<Tensor> DifferentiateGenerator(Draw draw, TargetScore target)
    {
        using var frozen = _fake.Training.FreezeWeights();
        var images = _generator.Generate(draw.Latents, draw.Condition);
        var noisy = images + draw.Sigma * draw.Noise;
        var denoised = target.Denoise(noisy, draw.Sigma, draw.Condition);
        var difference = denoised - _fake.Network.forward(noisy, draw.Sigma, draw.Condition);
        Tensor residual, gap;
        using (no_grad())
        {
            residual = (images - denoised).abs().mean([1, 2, 3], keepdim: true);
            gap = difference.abs().mean() / residual.mean();
        }
        var loss = (difference * ((denoised - images) - _settings.Alpha * difference) / residual.clamp_min(1e-5)).sum() / _settings.Batch;
        _generator.Differentiate(loss);
        return [loss, images.detach(), gap];
    }
}
