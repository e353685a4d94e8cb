using DisBack.Distillation.Hosts.Dmd2;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>The discriminator's head has the published size on ADM's features, and fits those of any network.</summary>
public sealed class DiscriminatorTests
{
    [Fact]
    public void On_the_features_of_imagenet_64_it_has_the_published_18_88_million_parameters()
    {
        using var init = new Generator(1);
        using var head = new Discriminator(768, 8, init);
        Assert.Equal(18.88, head.parameters().Sum(parameter => parameter.numel()) / 1e6, 0.005);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(32)]
    public void It_gives_one_logit_for_features_of_any_resolution(int resolution)
    {
        using var scope = NewDisposeScope();
        using var init = new Generator(1);
        using var head = new Discriminator(6, resolution, init);
        var logits = head.forward(randn([5, 6, resolution, resolution], generator: init));
        Assert.Equal([5], logits.shape);
        Assert.True(logits.std().item<float>() > 1e-3, "It tells nothing apart.");
    }
}
