using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Dmd2;

/// <summary>What follows the generator: the fake score and, where there is one, the discriminator on its features. They are trained as one network.</summary>
internal sealed class Critic : nn.Module
{
    private readonly Discriminator? _discriminator;

    /// <param name="fakeScore">The fake score; owned from now on.</param>
    /// <param name="streams">Where the discriminator's first weights come from; null for none.</param>
    public Critic(Denoiser fakeScore, RandomStreams? streams)
        : base(nameof(Critic))
    {
        FakeScore = fakeScore;
        register_module("score", fakeScore);
        if (streams is null)
        {
            return;
        }
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var init = streams.For("discriminator");
        var shape = fakeScore.Settings.Shape;
        var device = fakeScore.parameters().First().device;
        var features = fakeScore.Features(zeros([1, shape.Channels, shape.Height, shape.Width], device: device), ones(1, device: device));
        _discriminator = new Discriminator(features.shape[1], features.shape[2], init);
        _ = _discriminator.to(device);
        register_module("discriminator", _discriminator);
    }

    public Denoiser FakeScore { get; }

    /// <summary>The discriminator's logits [B] of noisy images [B,C,H,W] being real.</summary>
    public Tensor Logits(Tensor noisy, Tensor sigma, Condition? condition) => _discriminator!.forward(FakeScore.Features(noisy, sigma, condition));
}
