using DisBack.Diffusion.Pictures;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Pictures;

public sealed class ImageGridTests
{
    [Fact]
    public void Every_pixel_becomes_a_square_of_its_level_between_white_margins()
    {
        using var scope = NewDisposeScope();
        var images = tensor(new[] { -1f, 1f, 0f, -9f, 9f, float.NaN }).view(3, 1, 1, 2);
        var grid = Draw(images, columns: 2, scale: 2, margin: 1)[0];
        byte[,] expected =
        {
            { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
            { 255, 0, 0, 255, 255, 255, 128, 128, 0, 0, 255 },
            { 255, 0, 0, 255, 255, 255, 128, 128, 0, 0, 255 },
            { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
            { 255, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255 },
            { 255, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255 },
            { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
        };
        Assert.Equal(expected.Cast<byte>(), grid.contiguous().data<byte>().ToArray());
    }

    [Fact]
    public void Colours_keep_their_channels()
    {
        using var scope = NewDisposeScope();
        var picture = Draw(tensor(new[] { 1f, -1f, 0f }).view(1, 3, 1, 1), columns: 1, scale: 1, margin: 0);
        Assert.Equal([255, 0, 128], picture.data<byte>().ToArray());
    }

    [Fact]
    public void Captions_are_drawn_with_glyphs_before_their_rows()
    {
        using var scope = NewDisposeScope();
        var images = ones(2, 1, 8, 8);
        var plain = Draw(images, columns: 1, scale: 4, margin: 2);
        var (a, b) = (ImageGrid.Png(images, columns: 1, captions: ["switch 1", "final"]), ImageGrid.Png(images, columns: 1, captions: ["switch 2", "final"]));
        var captioned = PictureReader.Read(a, "grid");
        var left = captioned.shape[2] - plain.shape[2];
        Assert.True(left > 40);
        Assert.True(captioned.narrow(2, left, plain.shape[2]).eq(plain).all().item<bool>());
        for (var row = 0; row < 2; row++) // dark ink, in the middle of each row
        {
            Assert.InRange(captioned.narrow(1, 2 + row * 34, 32).narrow(2, 0, left).to(int32).min().item<int>(), 0, 60);
        }
        Assert.NotEqual(a, b);
        Assert.Equal(a, ImageGrid.Png(images, columns: 1, captions: ["switch 1", "final"]));
        Assert.All("0123456789 azAZ·×−→≈σ", character => Assert.NotEqual(0, PictureFont.Typeface.GetGlyph(character)));
    }

    [Fact]
    public void Drawing_leaks_nothing()
    {
        using var images = zeros(4, 1, 2, 2);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        ImageGrid.Png(images, columns: 2);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Captions_that_do_not_match_the_rows_are_a_defect_and_bytes_that_are_no_picture_an_error()
    {
        using var images = zeros(4, 1, 2, 2);
        Assert.Throws<ArgumentException>(() => ImageGrid.Png(images, columns: 2, captions: ["one"]));
        Assert.Throws<DisBackException>(() => PictureReader.Read([1, 2, 3], "three bytes"));
    }

    private static Tensor Draw(Tensor images, int columns, int scale, int margin) =>
        PictureReader.Read(ImageGrid.Png(images, columns, scale, margin), "grid");
}
