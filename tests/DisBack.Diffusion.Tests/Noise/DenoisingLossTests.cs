using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Noise;

/// <summary>The loss is the weighted squared error of the denoised image, pixel by pixel, with each preconditioning's own weight.</summary>
public sealed class DenoisingLossTests
{
    [Theory]
    [InlineData(Preconditioning.Edm)]
    [InlineData(Preconditioning.Vp)]
    [InlineData(Preconditioning.Ve)]
    [InlineData(Preconditioning.Iddpm)]
    public void The_loss_is_the_papers(Preconditioning precond)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var denoiser = Denoiser.Create(
            new SongUnetSettings
            {
                Precond = precond,
                ImgResolution = 8,
                ImgChannels = 2,
                ModelChannels = 8,
                ChannelMult = [1],
                NumBlocks = 1,
                AttnResolutions = [],
                Dropout = 0,
            },
            generator);
        var images = randn([4, 2, 8, 8], generator: generator);
        var noise = randn([4, 2, 8, 8], generator: generator);
        var sigma = tensor([0.1f, 0.5f, 2f, 20f]).reshape(4, 1, 1, 1);

        var weight = precond == Preconditioning.Edm ? (sigma.square() + 0.25) / (sigma * 0.5).square() : 1 / sigma.square();
        var expected = weight * (denoiser.forward(images + sigma * noise, sigma) - images).square();
        var loss = DenoisingLoss.Of(denoiser, images, sigma, noise);
        Assert.Equal(images.shape, loss.shape);
        Assert.True(expected.allclose(loss, rtol: 1e-4));
        Assert.True(loss.requires_grad);
    }
}
