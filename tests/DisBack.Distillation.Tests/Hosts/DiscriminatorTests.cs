using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts.Dmd2;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>The discriminator's head has the published size on ADM's features, and fits those of any network.</summary>
public sealed class DiscriminatorTests
{
    [Fact]
    public void On_the_features_of_imagenet_64_it_has_the_published_18_88_million_parameters()
    {
        using var init = new Generator(1);
        using var head = new Discriminator(768, 8, groups: null, init, CPU);
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
        using var head = new Discriminator(6, resolution, groups: null, init, CPU);
        var logits = head.forward(randn([5, 6, resolution, resolution], generator: init));
        Assert.Equal([5], logits.shape);
        Assert.True(logits.std().item<float>() > 1e-3, "It tells nothing apart.");
    }

    /// <summary>Eight channels a group, at most 32 groups, and fewer where the channels do not divide by so many.</summary>
    [Theory]
    [InlineData(6, 1)]
    [InlineData(16, 2)]
    [InlineData(28, 2)]
    [InlineData(512, 32)]
    public void A_layer_normalises_groups_of_channels(int channels, int groups)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var init = new Generator(1);
        using var head = new Discriminator(channels, 1, groups: null, init, CPU);
        var weights = head.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        var features = randn([3, channels, 1, 1], generator: init);

        var convolved = nn.functional.conv2d(features, weights["layer0.conv.weight"], weights["layer0.conv.bias"]);
        var normalised = nn.functional.group_norm(convolved, groups, weights["layer0.norm.weight"], weights["layer0.norm.bias"]);
        var logits = nn.functional.conv2d(nn.functional.silu(normalised), weights["logit.weight"], weights["logit.bias"]);

        Assert.True(head.forward(features).allclose(logits.flatten(), rtol: 1e-4, atol: 1e-6));
    }

    /// <summary>Dropout is off from the first look at its features on, also of a teacher that was trained with it.</summary>
    [Fact]
    public void It_sees_the_features_of_a_network_with_dropout()
    {
        var inputs = new StageInputs(Open, () => new DenoiserGenerator(Open(), 2.5), new RandomStreams(1), CPU);
        using var nodes = new MemoryNodes(Open);
        using (var recording = new DegradationRecording(inputs, new RecordingSettings { Steps = 0 }))
        {
            recording.Begin(nodes);
        }
        using var run = new DistributionBacktracking(inputs, nodes, new Dmd2Settings { Steps = 2, Batch = 4 }, data: AllHosts.Data());
        run.Advance(new RecordingListener());
        Assert.Equal(1, run.Step);

        static Denoiser Open()
        {
            using var init = new Generator(1);
            return Denoiser.Create(TinyNetwork.Settings with { Dropout = 0.1, LabelDropout = 0.1 }, init);
        }
    }
}
