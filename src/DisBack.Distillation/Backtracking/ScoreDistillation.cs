using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Parameters;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Backtracking;

/// <summary>
/// The host: score distillation of a one-step generator against one target, with a fake score that follows the generator (Eqs. (5) and (8)).
/// It knows nothing of trajectories; whoever drives it supplies the fake score's first weights, the target, and the moment the target changes.
/// </summary>
internal sealed class ScoreDistillation : IDisposable
{
    private readonly BacktrackingSettings _settings;
    private readonly TrainedNetwork _generator;
    private readonly TrainedNetwork _fake;
    private readonly MovingAverage _ema;
    private BorrowedNetwork? _target;
    private long _generatorImages;

    /// <param name="generator">G, with its first weights; owned from now on.</param>
    /// <param name="fake">The fake score, with its first weights; owned from now on.</param>
    /// <param name="settings">The method and its rates.</param>
    /// <param name="sigmaInit">The generator's noise level.</param>
    public ScoreDistillation(Denoiser generator, Denoiser fake, BacktrackingSettings settings, double sigmaInit)
    {
        (_settings, SigmaInit) = (settings, sigmaInit);
        var ratio = settings.FakeUpdatesPerGeneratorUpdate;
        _generator = new TrainedNetwork(generator, settings.Generator, (settings.Steps + ratio - 1) / ratio);
        _fake = new TrainedNetwork(fake, settings.Fake, settings.Steps);
        _ema = new MovingAverage(_generator.Parameters);
        generator.eval();
        fake.eval();
    }

    /// <summary>The noise level the generator is fed at.</summary>
    public double SigmaInit { get; }

    /// <summary>The generator G.</summary>
    public Denoiser Generator => _generator.Network;

    /// <summary>The fake score D_phi.</summary>
    public Denoiser Fake => _fake.Network;

    /// <summary>The target score D_i, to be set before the first iteration; the one before it is given back.</summary>
    public BorrowedNetwork Target
    {
        get => _target!;
        set
        {
            _target?.Dispose();
            _target = value;
        }
    }

    /// <summary>The average of the generator's weights, float32 [n].</summary>
    public Tensor AveragedWeights => _ema.Weights;

    /// <summary>
    /// One iteration: the generator moves along Eq. (8) (in every n-th iteration), then the fake score learns the images made before that move (Eq. (5)).
    /// </summary>
    /// <remarks>
    /// Both need D_phi at the same noisy images and the same weights, so it is evaluated once. The reduction is the sum over C, H, W and the mean over the batch.
    /// </remarks>
    /// <param name="iteration">From 0.</param>
    /// <param name="draw">Latents, noise levels, noise and labels of this iteration.</param>
    public Losses Iterate(long iteration, in Draw draw)
    {
        var moves = iteration % _settings.FakeUpdatesPerGeneratorUpdate == 0;
        var batch = draw.Latents.shape[0];
        Tensor images;
        using (moves ? enable_grad() : no_grad())
        {
            images = OneStepGenerator.Generate(_generator.Network, draw.Latents, SigmaInit, draw.Labels);
        }

        var x0 = images.detach();
        var xt = x0 + draw.Sigma * draw.Noise;
        var fake = _fake.Network.forward(xt, draw.Sigma, draw.Labels);
        Tensor? generatorLoss = null, gap = null;
        if (moves)
        {
            Tensor gradient;
            using (no_grad())
            {
                var target = Target.Network.forward(xt, draw.Sigma, draw.Labels);
                (gradient, gap) = Gradient(x0, fake.detach(), target, draw.Sigma);
            }

            generatorLoss = (gradient * images).sum() / batch;
            _generator.Descend(generatorLoss);
            _generatorImages += batch;
            _ema.Update(_settings.Ema.DecayAt(batch, _generatorImages));
        }

        var fakeLoss = (DenoisingLoss.Weight(_fake.Network, draw.Sigma) * (fake - x0).square()).sum() / batch;
        _fake.Descend(fakeLoss);
        return new Losses(x0, fakeLoss, generatorLoss, gap);
    }

    /// <summary>Weights, moments and average: with <see cref="Counters"/> the host's whole state but the target.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [.. _generator.State("generator"), ("generator.ema", _ema.Weights), .. _fake.State("fake")];

    /// <summary>Updates of the generator, its images, and updates of the fake score.</summary>
    public (long Generator, long GeneratorImages, long Fake) Counters
    {
        get => (_generator.Updates, _generatorImages, _fake.Updates);
        set => (_generator.Updates, _generatorImages, _fake.Updates) = value;
    }

    public void Dispose()
    {
        _ema.Dispose();
        _generator.Dispose();
        _fake.Dispose();
        _target?.Dispose();
    }

    /// <summary>
    /// What is pushed into x0, [B,C,H,W]: Eq. (8) under the host's normaliser; and the score gap, mean |D_phi - D_i| over mean |x0 - D_i|, a scalar.
    /// </summary>
    private (Tensor Gradient, Tensor Gap) Gradient(Tensor x0, Tensor fake, Tensor target, Tensor sigma)
    {
        var difference = fake - target;
        var residual = (x0 - target).abs().mean([1, 2, 3], keepdim: true);
        var gap = difference.abs().mean() / residual.mean();
        return _settings.Host switch
        {
            HostMethod.Dmd => (difference / (residual + 1e-6), gap),
            HostMethod.DiffInstruct => (difference, gap),
            HostMethod.Score => (difference / sigma.square(), gap),
            _ => throw new InvalidOperationException($"No gradient is known for the host {_settings.Host}."),
        };
    }

    /// <summary>What one iteration saw; tensors live in the caller's dispose scope.</summary>
    /// <param name="Images">The generated images x0, [B,C,H,W], made before the generator moved.</param>
    /// <param name="Fake">The fake score's denoising loss, a scalar.</param>
    /// <param name="Generator">sum(g * x0) / batch, a scalar; null where the generator did not move.</param>
    /// <param name="Gap">The score gap, a scalar; null where the generator did not move.</param>
    public readonly record struct Losses(Tensor Images, Tensor Fake, Tensor? Generator, Tensor? Gap);
}
