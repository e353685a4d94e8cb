using System.Text;
using DisBack.Diffusion.Pictures;
using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Pictures;

/// <summary>Pictures are read upright, and one whose header lies costs nothing.</summary>
public sealed class PictureReaderTests
{
    /// <summary>The beginning of a PNG that claims 60,000 x 60,000 pixels and has none.</summary>
    private const string HugeClaim = "iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgCAIAAAAPsOIVAAAACElEQVR4nAMAAAAAAUgGidI=";

    /// <summary>Stored as 64 x 48 with red, green above blue, yellow; the camera lay on its side.</summary>
    [Theory]
    [InlineData("exif6.jpg", "blue", "red", "yellow", "green")]
    [InlineData("exif8.jpg", "green", "yellow", "red", "blue")]
    public void A_picture_is_turned_as_EXIF_says(string file, string topLeft, string topRight, string bottomLeft, string bottomRight)
    {
        using var scope = NewDisposeScope();
        var picture = Read(file);
        Assert.Equal([3L, 64, 48], picture.shape);
        Assert.Equal((topLeft, topRight, bottomLeft, bottomRight), (At(16, 12), At(16, 36), At(48, 12), At(48, 36)));

        string At(int y, int x)
        {
            var (red, green, blue) = (Level(0), Level(1), Level(2));
            return (red > 128, green > 128, blue > 128) switch
            {
                (true, true, false) => "yellow",
                (true, false, false) => "red",
                (false, true, false) => "green",
                (false, false, true) => "blue",
                _ => $"({red}, {green}, {blue})",
            };

            byte Level(int channel) => picture[channel, y, x].item<byte>();
        }
    }

    [Fact]
    public void A_picture_that_claims_billions_of_pixels_is_refused_before_memory_is_taken()
    {
        var before = GC.GetTotalAllocatedBytes();
        var error = Assert.Throws<DisBackException>(() => PictureReader.Read(Convert.FromBase64String(HugeClaim), "huge.png"));
        Assert.Contains("60000x60000 pixels", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 1 << 20);
    }

    [Fact]
    public void An_index_that_the_palette_lacks_is_damage_and_a_short_palette_is_none()
    {
        Assert.Contains("a colour that its palette lacks", Assert.Throws<DisBackException>(() => Read("palette-outofrange.png")).Message);
        using var picture = Read("palette-short.png");
        Assert.Equal([3L, 1, 4], picture.shape);
        Assert.Equal([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255], picture.data<byte>().ToArray());
    }

    [Fact]
    public void An_animation_is_refused_and_its_one_picture_is_not()
    {
        using var bitmap = new SKBitmap(2, 2);
        bitmap.Erase(SKColors.Red);
        using var image = SKImage.FromBitmap(bitmap);
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        using var webp = image.Encode(SKEncodedImageFormat.Webp, 100);
        PictureReader.Read(png.ToArray(), "one.png").Dispose();
        PictureReader.Read(Webp(frames: 1), "one.webp").Dispose();

        // How many frames a PNG has stands behind its header, which takes 33 bytes with what the file begins with.
        byte[] animated = [.. png.ToArray()[..33], .. PngChunk.Make("acTL"u8, [0, 0, 0, 2, 0, 0, 0, 0]), .. png.ToArray()[33..]];
        foreach (var (bytes, name) in new[] { (animated, "two.png"), (Webp(frames: 2), "two.webp") })
        {
            Assert.Contains($"{name} is animated", Assert.Throws<DisBackException>(() => PictureReader.Read(bytes, name)).Message);
        }

        // The container of animations: its size less 1 and that of each frame have three bytes, as has what a frame lasts.
        byte[] Webp(int frames)
        {
            byte[] picture = webp.ToArray()[12..], size = [1, 0, 0, 1, 0, 0];
            byte[] frame = [0, 0, 0, 0, 0, 0, .. size, 100, 0, 0, 0, .. picture];
            byte[] all =
            [
                .. Chunk("VP8X", [2, 0, 0, 0, .. size]),
                .. Chunk("ANIM", new byte[6]),
                .. Enumerable.Repeat(Chunk("ANMF", frame), frames).SelectMany(chunk => chunk),
            ];
            return Chunk("RIFF", [.. "WEBP"u8, .. all]);
        }

        static byte[] Chunk(string type, byte[] body) => [.. Encoding.ASCII.GetBytes(type), .. BitConverter.GetBytes(body.Length), .. body];
    }

    private static Tensor Read(string file) => PictureReader.Read(Path.Combine(AppContext.BaseDirectory, "Pictures", "Cases", file));
}
