using DisBack.Diffusion.Data;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Data;

public sealed class AreaAverageTests
{
    [Theory]
    [InlineData(6, 3)]
    [InlineData(5, 3)]
    [InlineData(3, 5)]
    [InlineData(7, 1)]
    public void Constants_stay_and_the_mean_is_kept(int from, int to)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var images = rand([2, 3, from, from], float64, generator: generator);
        var resized = AreaAverage.Resize(images, to);
        Assert.Equal([2, 3, to, to], resized.shape);
        Assert.True(allclose(resized.mean([2, 3]), images.mean([2, 3]), 1e-14, 1e-14));
        Assert.True(allclose(AreaAverage.Resize(ones_like(images), to), ones([2, 3, to, to], float64), 1e-14, 1e-14));
    }

    [Fact]
    public void Pixels_on_a_border_count_by_the_covered_part()
    {
        using var scope = NewDisposeScope();
        // Three pixels to two: each new one covers one and a half.
        var resized = AreaAverage.Resize(tensor(new double[,] { { 3, 6, 9 }, { 3, 6, 9 }, { 3, 6, 9 } }), 2);
        Assert.True(allclose(resized, tensor(new double[,] { { 4, 8 }, { 4, 8 } }), 1e-14, 1e-14));
    }

    [Fact]
    public void Other_aspect_ratios_are_squeezed_into_the_square()
    {
        using var scope = NewDisposeScope();
        var resized = AreaAverage.Resize(tensor(new float[,] { { 1, 3, 5, 7 }, { 2, 4, 6, 8 } }), 2);
        Assert.Equal([2f, 6f, 3f, 7f], resized.data<float>().ToArray());
    }
}
