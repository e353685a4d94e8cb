using DisBack.Sdxl.Networks.Autoencoder;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Networks.Autoencoder;

/// <summary>Tiles cover a picture, and blending them changes nothing where they agree.</summary>
public sealed class TiledDecodingTests
{
    [Theory]
    [InlineData(8, 8, "0+8")]
    [InlineData(5, 8, "0+5")]
    [InlineData(9, 8, "0+8, 1+8")]
    [InlineData(14, 8, "0+8, 6+8")]
    [InlineData(15, 8, "0+8, 3+8, 7+8")]
    [InlineData(20, 8, "0+8, 6+8, 12+8")]
    public void Tiles_are_of_one_size_and_overlap_by_a_quarter_or_more(int length, int side, string expected) =>
        Assert.Equal(expected, string.Join(", ", TiledDecoding.Tiles(length, side).Select(tile => $"{tile.Start}+{tile.Length}")));

    [Theory]
    [InlineData(21, 10)]
    [InlineData(9, 40)]
    [InlineData(40, 5)]
    public void Tiles_that_agree_are_the_whole(int height, int width)
    {
        using var scope = NewDisposeScope();
        var latents = randn([2, 3, height, width], generator: new Generator(1));
        var tiles = 0;

        var tiled = TiledDecoding.Decode(latents, 8, 2, tile =>
        {
            tiles++;
            return tile.repeat_interleave(2, 2).repeat_interleave(2, 3);
        });

        Assert.True(tiles > 1);
        Assert.True(tiled.allclose(latents.repeat_interleave(2, 2).repeat_interleave(2, 3), rtol: 1e-5, atol: 1e-6));
    }

    [Fact]
    public void From_one_tile_to_the_next_it_is_a_slope_and_no_step()
    {
        using var scope = NewDisposeScope();
        var level = 0;

        var tiled = TiledDecoding.Decode(zeros(1, 1, 16, 28), 16, 1, tile => full_like(tile, level++));

        var row = tiled[0, 0, 0].data<float>().ToArray();
        Assert.Equal((0, 1), (row[0], row[^1]));
        var steps = row.Zip(row.Skip(1), (left, right) => right - left).ToArray();
        Assert.All(steps, step => Assert.InRange(step, 0, 0.3f));
    }
}
