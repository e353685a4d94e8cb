using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Parameters;

/// <summary>A network in a flat buffer computes what it computed before, and autograd writes its gradients into the buffer.</summary>
public sealed class ParameterBufferTests
{
    private static readonly SongUnetSettings s_settings = new()
    {
        ImgResolution = 8, ImgChannels = 1, ModelChannels = 8, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [], Dropout = 0,
    };

    [Fact]
    public void A_buffered_network_has_the_same_output_and_gradients_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        using Denoiser plain = Open(), buffered = Open();
        using var groups = ParameterGroups.Attach(buffered, trained: true);
        var buffer = Assert.Single(groups.All);
        var (expected, actual) = (Run(plain), Run(buffered));
        Assert.True(expected.equal(actual).all().item<bool>());
        var gradients = plain.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!);
        Assert.Equal(gradients.Count, buffer.Slots.Count);
        Assert.All(buffer.Slots, slot => Assert.True(ParameterBuffer.View(buffer.Gradients!, slot).equal(gradients[slot.Name]).all().item<bool>(), slot.Name));
    }

    [Fact]
    public void The_buffer_is_the_network()
    {
        using var scope = NewDisposeScope();
        using var network = Open();
        using var groups = ParameterGroups.Attach(network, trained: true);
        var buffer = Assert.Single(groups.All);
        Assert.Equal(network.parameters().Sum(parameter => parameter.numel()), buffer.Weights.numel());
        using (no_grad())
        {
            buffer.Weights.fill_(0.25);
        }

        Assert.All(network.parameters(), parameter => Assert.True((parameter == 0.25).all().item<bool>()));
        Run(network);
        Assert.NotEqual(0, buffer.Gradients!.abs().sum().item<float>());
        groups.ZeroGradients();
        Assert.All(network.parameters(), parameter => Assert.Equal(0, parameter.grad!.abs().sum().item<float>()));
    }

    [Fact]
    public void A_frozen_network_has_no_gradients()
    {
        using var scope = NewDisposeScope();
        using var network = Open();
        using var groups = ParameterGroups.Attach(network, trained: false);
        var buffer = Assert.Single(groups.All);
        Assert.Null(buffer.Gradients);
        Assert.All(network.parameters(), parameter => Assert.False(parameter.requires_grad));
    }

    private static Denoiser Open()
    {
        using var init = new Generator(5);
        return Denoiser.Create(s_settings, init);
    }

    private static Tensor Run(Denoiser network)
    {
        using var generator = new Generator(6);
        var output = network.forward(randn([2, 1, 8, 8], generator: generator), ones(2));
        output.square().sum().backward();
        return output.detach();
    }
}
