using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Hosts;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>Guidance counts what the condition changes, and without it the target is the network alone.</summary>
public sealed class TargetScoreTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(2.5)]
    public void Guidance_counts_the_difference_that_the_class_makes(double scale)
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Moved(seed: 4);
        using var stream = new RandomStreams(3).For("guidance");
        var noisy = randn([4, 1, 8, 8], generator: stream);
        var sigma = full([4, 1, 1, 1], 0.7);
        var condition = IConditionSource.OfClasses(3).InTurn(0, 4);
        Tensor shown = network.forward(noisy, sigma, condition), nothing = network.forward(noisy, sigma);
        Assert.False(shown.allclose(nothing, 1e-4, 1e-6), "The class makes no difference.");
        var target = new TargetScore(network, scale);
        Assert.True(target.Denoise(noisy, sigma, condition).allclose(nothing + scale * (shown - nothing), 1e-5, 1e-6));
        Assert.True(target.Denoise(noisy, sigma, condition: null).equal(nothing).all().item<bool>());
    }
}
