using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Dmd2;

/// <summary>What follows the generator: the fake score and, where there is one, the discriminator. They are trained as one network.</summary>
internal sealed class Critic : nn.Module
{
    private readonly Denoiser _features;
    private readonly ParameterGroups? _frozen;
    private readonly Discriminator? _discriminator;

    public Critic(HostContext context, Dmd2Settings settings)
        : base(nameof(Critic))
    {
        FakeScore = _features = context.OpenFakeScore();
        register_module("score", FakeScore);
        // Before its features are asked for: dropout is off, as in DMD2.
        FakeScore.eval();
        if (!settings.HasDiscriminator)
        {
            return;
        }
        if (settings.GanFeatures == GanFeatures.Teacher)
        {
            // Not registered: it is not trained and in no checkpoint.
            _features = context.OpenTeacher();
            _features.eval();
            _frozen = ParameterGroups.Attach(_features, trained: false);
        }
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var init = context.Streams.For("discriminator");
        var shape = FakeScore.Settings.Shape;
        var device = FakeScore.parameters().First().device;
        // Same with '(1 + 1)': only sizes are read. Same without '1': the noise level has the batch's dimension as well.
        var features = _features.Features(zeros([1, shape.Channels, shape.Height, shape.Width], device: device), ones(1, device: device));
        _discriminator = new Discriminator(features.shape[1], features.shape[2], init, device);
        register_module("discriminator", _discriminator);
    }

    public Denoiser FakeScore { get; }

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
