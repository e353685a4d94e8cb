using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>Adapters leave a network as it was, reach every layer, and take the gradients in place of its weights.</summary>
public sealed class LowRankAdapterTests
{
    private static readonly SongUnetSettings s_network = new()
    {
        ImgResolution = 8, ImgChannels = 1, LabelDim = 3, ModelChannels = 8, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [4], Dropout = 0,
    };

    [Fact]
    public void They_change_nothing_until_they_are_trained_and_then_alone()
    {
        using var scope = NewDisposeScope();
        using var init = new Generator(1);
        using var network = Denoiser.Create(s_network, init);
        network.eval();
        var weights = network.State().Select(entry => entry.Name).ToList();
        var (x, sigma) = (randn([4, 1, 8, 8], generator: init), tensor(0.7f));
        Tensor before;
        using (no_grad())
        {
            before = network.forward(x, sigma);
            network.AddAdapters(2, init);
            Assert.True(before.equal(network.forward(x, sigma)).all().item<bool>());
        }

        using var parameters = ParameterGroups.Attach(network, Denoiser.IsOfAdapter);
        (network.forward(x, sigma) * before).sum().backward();
        foreach (var (name, parameter) in network.named_parameters())
        {
            Assert.Equal(!weights.Contains(name), Denoiser.IsOfAdapter(name));
            Assert.Equal(Denoiser.IsOfAdapter(name), parameter.requires_grad);
        }
        // Two for each weight of a layer, of which there are two at least: a matrix and a bias.
        Assert.Equal(network.named_parameters().Count(entry => entry.parameter.dim() > 1 && !Denoiser.IsOfAdapter(entry.name)) * 2,
            network.named_parameters().Count(entry => Denoiser.IsOfAdapter(entry.name)));
        Assert.True(parameters.Trained.Sum(group => group.Gradients!.abs().sum().item<float>()) > 0, "No gradient has come to the adapters.");
    }
}
