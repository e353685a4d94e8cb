using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.ScoreMatching;

/// <summary>
/// Score distillation with a fake score that follows the generator (Eqs. (5) and (8)). The hosts of this family differ only in what they push
/// into the generated image.
/// </summary>
internal abstract class ScoreMatchingHost : IDistillationHost
{
    private readonly TrainedGenerator _generator;
    private readonly IDraws _draws;
    private readonly ScoreMatchingSettings _settings;
    private readonly FakeScore _fake;
    private readonly StepGraphs _graphs = new();

    /// <param name="context">What it is made from.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="fakeRank">The rank of adapters that are trained in place of the fake score's weights; null trains those.</param>
    protected ScoreMatchingHost(HostContext context, ScoreMatchingSettings settings, int? fakeRank = null)
    {
        (_generator, _draws, _settings) = (context.Generator, context.Draws, settings);
        _fake = new FakeScore(context, settings, fakeRank);
    }

    /// <summary>The fake score D_phi.</summary>
    public Denoiser FakeScore => _fake.Network;

    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Value)> State => _fake.State;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> Counters
    {
        get => _fake.Counters;
        set => _fake.Counters = value;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string>
    {
        ["loss/generator"] = "generator",
        ["loss/fake"] = "fake score",
    };

    /// <summary>
    /// The generator is updated along Eq. (8) (in every n-th iteration), then the fake score learns the images made before that update (Eq. (5)).
    /// </summary>
    /// <remarks>
    /// Both need D_phi at the same noisy images and the same weights, so it is evaluated once. The reduction is the sum over C, H, W and the mean over the
    /// batch.
    /// </remarks>
    public HostStep Iterate(long iteration, TargetScore target)
    {
        var updatesGenerator = iteration % _settings.FakeUpdatesPerGeneratorUpdate == 0;
        var batch = _settings.Batch;
        var draw = _draws.At(iteration, _settings.Noise, batch);
        var made = _graphs.Compute(
            target,
            updatesGenerator,
            [draw.Latents, draw.Sigma, draw.Noise],
            draw.Condition,
            (draws, condition) => Differentiate(new Draw(draws[0], draws[1], draws[2], condition), target, updatesGenerator));
        if (updatesGenerator)
        {
            _generator.Update(iteration, batch);
        }

        _fake.Training.Update(iteration);
        return made is [var fakeLoss, var generatorLoss, var images, var gap]
            ? new HostStep([("loss/fake", fakeLoss), ("loss/generator", generatorLoss)], new GeneratorStep(images, gap))
            : new HostStep([("loss/fake", made[0])], null);
    }

    public void Dispose()
    {
        _graphs.Dispose();
        _fake.Dispose();
    }

    /// <summary>What is pushed into x0, [B,C,H,W]: Eq. (8) under the host's weight and normaliser.</summary>
    /// <param name="difference">D_phi - D_i, [B,C,H,W].</param>
    /// <param name="residual">mean |x0 - D_i| of each sample, [B,1,1,1].</param>
    /// <param name="sigma">Noise levels, [B,1,1,1].</param>
    protected abstract Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma);

    /// <summary>The weight of the fake score's squared error, [B,1,1,1]: that of the teacher's own training, unless a host has another.</summary>
    /// <param name="sigma">Noise levels, [B,1,1,1].</param>
    protected virtual Tensor FakeWeight(Tensor sigma) => DenoisingLoss.Weight(FakeScore, sigma);

    /// <returns>The fake score's loss; where the generator is updated also its loss, the images and the score gap.</returns>
    private IReadOnlyList<Tensor> Differentiate(Draw draw, TargetScore target, bool updatesGenerator)
    {
        var batch = _settings.Batch;
        Tensor images;
        using (updatesGenerator ? enable_grad() : no_grad())
        {
            images = _generator.Generate(draw.Latents, draw.Condition);
        }

        var x0 = images.detach();
        var xt = x0 + draw.Sigma * draw.Noise;
        var fake = FakeScore.forward(xt, draw.Sigma, draw.Condition);
        List<Tensor> made = [];
        if (updatesGenerator)
        {
            Tensor gradient;
            using (no_grad())
            {
                var denoised = target.Denoise(xt, draw.Sigma, draw.Condition);
                var difference = fake - denoised;
                var residual = (x0 - denoised).abs().mean([1, 2, 3], keepdim: true);
                made.Add(difference.abs().mean() / residual.mean());
                gradient = Gradient(difference, residual, draw.Sigma);
            }

            var generatorLoss = (gradient * images).sum() / batch;
            _generator.Differentiate(generatorLoss);
            made.InsertRange(0, [generatorLoss, x0]);
        }

        var fakeLoss = (FakeWeight(draw.Sigma) * (fake - x0).square()).sum() / batch;
        _fake.Training.Differentiate(fakeLoss);
        return [fakeLoss, .. made];
    }
}
