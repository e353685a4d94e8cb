using DisBack.Diffusion.Pictures;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Pictures;

/// <summary>Latents of four channels become small pictures, one pixel each.</summary>
public sealed class LatentPreviewTests
{
    [Fact]
    public void Each_channel_stands_for_its_mixture_of_colours()
    {
        using var scope = NewDisposeScope();
        var latents = zeros(1, 4, 2, 3);
        latents[0, 0, 1, 2] = 1;
        latents[0, 3, 0, 0] = 2;

        var picture = LatentPreview.Draw(latents);

        Assert.Equal([1, 3, 2, 3], picture.shape);
        Assert.Equal([0.392f, 0.4054f, 0.4549f], picture[0, .., 1, 2].data<float>().ToArray());
        Assert.Equal([-0.6224f, -0.4718f, -0.4152f], picture[0, .., 0, 0].data<float>().ToArray());
    }

    [Fact]
    public void Images_need_none() =>
        Assert.Equal((true, false), (LatentPreview.For(new SongUnetSettings()) is null, LatentPreview.For(new TextUnetSettings()) is null));
}
