using DisBack.Diffusion.Features;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Features;

public sealed class PictureInputTests
{
    [Fact]
    public void The_resize_is_that_of_TensorFlow()
    {
        using var scope = NewDisposeScope();
        foreach (var expected in FeatureOracle.Expected("resize").EnumerateArray())
        {
            var images = FeatureOracle.Images("resize", expected.GetProperty("images"));
            var size = expected.GetProperty("size").GetInt32();
            var resized = PictureInput.ResizeAsTensorFlow(images, size);
            var values = expected.GetProperty("values").EnumerateArray().Select(value => value.GetSingle()).ToArray();
            Assert.True(allclose(tensor(values).view(images.shape[0], images.shape[1], size, size), resized, 1e-6, 1e-6));
        }
    }

    [Fact]
    public void Every_level_of_a_picture_file_comes_back_and_what_is_beyond_is_clipped()
    {
        using var scope = NewDisposeScope();
        var levels = arange(256, float32);
        var images = (levels / 127.5f - 1f).view(1, 1, 16, 16);
        Assert.True(PictureInput.Levels(images, "It").eq(levels.view(1, 1, 16, 16)).all().item<bool>());
        Assert.Equal(255, PictureInput.Levels(full(1, 3, 1, 1, 1.5), "It").max().item<float>());
        Assert.Equal(0, PictureInput.Levels(full(1, 3, 1, 1, -1.5), "It").max().item<float>());
        // Levels are whole: what a picture file cannot hold is not seen.
        Assert.True(PictureInput.Levels(images + 0.003, "It").eq(levels.view(1, 1, 16, 16)).all().item<bool>());
    }
}
