using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Dmd2;

/// <summary>What learns what is generated: a score and, where there is one, a discriminator. They are trained as one network.</summary>
internal sealed class Critic : nn.Module
{
    private const string ScoreName = "score";

    /// <summary>The standard deviation of the noise of approximate R1, as in FastGen.</summary>
    private const double R1Sigma = 0.1;

    private readonly Denoiser _features;
    private readonly ParameterGroups? _frozen;
    private readonly Discriminator? _discriminator;

    /// <param name="score">The score with its first weights; owned from now on.</param>
    /// <param name="hasDiscriminator">Whether there is a discriminator.</param>
    /// <param name="streams">Where its first weights come from.</param>
    /// <param name="features">The network whose features it sees, which stays as it is; owned from now on. Null is the score itself.</param>
    public Critic(Denoiser score, bool hasDiscriminator, RandomStreams streams, Denoiser? features = null)
        : base(nameof(Critic))
    {
        Score = _features = score;
        register_module(ScoreName, Score);
        // Before its features are asked for: dropout is off, as in DMD2.
        Score.eval();
        if (!hasDiscriminator)
        {
            return;
        }
        if (features is not null)
        {
            // Not registered: it is not trained and in no checkpoint.
            _features = features;
            _features.eval();
            _frozen = ParameterGroups.Attach(_features, trained: false);
        }
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var init = streams.For("discriminator");
        var shape = Score.Settings.Shape;
        var device = Score.parameters().First().device;
        // Same with '(1 + 1)': only sizes are read. Same without '1': the noise level has the batch's dimension as well.
        var seen = _features.Features(zeros([1, shape.Channels, shape.Height, shape.Width], device: device), ones(1, device: device));
        _discriminator = new Discriminator(seen.size(1), seen.size(2), _features.FeatureGroups, init, device);
        register_module("discriminator", _discriminator);
    }

    public Denoiser Score { get; }

    /// <summary>That of a host: a fake score, and a discriminator where the settings have one.</summary>
    public static Critic Of(HostContext context, Dmd2Settings settings) => new(
        context.OpenFakeScore(),
        settings.HasDiscriminator,
        context.Streams,
        settings is { HasDiscriminator: true, GanFeatures: GanFeatures.Teacher } ? context.OpenTeacher() : null);

    /// <summary>How many elements of a group of this network's parameters are the score's: they are the first.</summary>
    public static long ElementsOfScore(ParameterBuffer group) =>
        group.Slots.Where(slot => slot.Name.StartsWith($"{ScoreName}.", StringComparison.Ordinal)).Sum(slot => slot.Count);

    /// <summary>What the discriminator loses where it takes generated samples for real ones or real ones for generated, a scalar.</summary>
    /// <param name="generated">Generated samples, [B,C,H,W].</param>
    /// <param name="condition">What they show, or null.</param>
    /// <param name="seen">The rest of what it sees.</param>
    /// <param name="r1">The weight of approximate R1 (arXiv 2501.08316, Eq. 4), and unit noise for it; null is none.</param>
    public Tensor Discriminate(Tensor generated, Condition? condition, DiscriminatorBatch seen, (double Weight, Tensor Noise)? r1 = null)
    {
        var ofGenerated = Logits(generated + seen.GeneratedSigma * seen.GeneratedNoise, seen.GeneratedSigma, condition);
        var real = seen.Real + seen.RealSigma * seen.RealNoise;
        var ofReal = Logits(real, seen.RealSigma, seen.RealCondition);
        var loss = nn.functional.softplus(ofGenerated).mean() + nn.functional.softplus(-ofReal).mean();
        if (r1 is var (weight, noise))
        {
            loss += weight * (Logits(real + R1Sigma * noise, seen.RealSigma, seen.RealCondition) - ofReal).square().mean();
        }
        return loss;
    }

    /// <summary>The discriminator's logits [B] of noisy images [B,C,H,W] being real.</summary>
    public Tensor Logits(Tensor noisy, Tensor sigma, Condition? condition) => _discriminator!.forward(_features.Features(noisy, sigma, condition));

    protected override void Dispose(bool disposing)
    {
        if (disposing && _frozen is not null)
        {
            _frozen.Dispose();
            _features.Dispose();
        }
        base.Dispose(disposing);
    }
}
