using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Pictures;

/// <summary>Images side by side in one PNG, each pixel enlarged to a square, with a caption before each row if wanted. Equal input makes equal bytes.</summary>
public static class ImageGrid
{
    private const int Padding = 8;
    private static readonly SKColor s_paper = SKColors.White, s_ink = new(0x20, 0x24, 0x2c);

    /// <summary>Draws the grid.</summary>
    /// <param name="images">Floating point [N, C, H, W], C being 1 or 3; values outside [-1, 1] are clamped, NaN is drawn black.</param>
    /// <param name="columns">Images per row; the last row may be shorter.</param>
    /// <param name="scale">How many pixels high and wide each pixel is drawn.</param>
    /// <param name="margin">Pixels between images and around them.</param>
    /// <param name="captions">One short text for each row; null for none.</param>
    /// <returns>The bytes of the PNG.</returns>
    public static byte[] Png(Tensor images, int columns, int scale = 4, int margin = 2, IReadOnlyList<string>? captions = null)
    {
        using var scope = NewDisposeScope();
        var (count, height, width) = (images.shape[0], (int)images.shape[2] * scale, (int)images.shape[3] * scale);
        var rows = (int)((count + columns - 1) / columns);
        if (captions is not null && captions.Count != rows)
        {
            throw new ArgumentException($"{captions.Count} captions for {rows} rows.", nameof(captions));
        }

        // No hinting and no subpixel order of a display: glyphs are the same on every machine.
        using var font = new SKFont(PictureFont.Typeface, Math.Clamp(height / 2, 10, 18))
        {
            Hinting = SKFontHinting.None,
            Edging = SKFontEdging.Antialias,
            Subpixel = true,
        };
        var left = captions is null ? 0 : (int)Math.Ceiling(captions.Max(caption => font.MeasureText(caption))) + 2 * Padding;
        using var bitmap = new SKBitmap(
            left + columns * (width + margin) + margin, rows * (height + margin) + margin, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Erase(s_paper);

        var pixels = Rgba(images.detach().cpu(), scale).bytes;
        var canvas = bitmap.GetPixelSpan();
        for (var i = 0; i < count; i++)
        {
            var (x, y) = (left + margin + i % columns * (width + margin), margin + i / columns * (height + margin));
            for (var line = 0; line < height; line++)
            {
                pixels.Slice((i * height + line) * width * 4, width * 4).CopyTo(canvas[((y + line) * bitmap.RowBytes + x * 4)..]);
            }
        }

        if (captions is not null)
        {
            Write(captions, bitmap, font, height, margin);
        }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>Bytes [N, scale * H, scale * W, 4].</summary>
    private static Tensor Rgba(Tensor images, int scale)
    {
        var levels = (images.to(float32).nan_to_num(-1) * 127.5f + 127.5f).round().clamp(0, 255).to(uint8);
        var colours = levels.expand(-1, 3, -1, -1);
        var opaque = full_like(levels.narrow(1, 0, 1), 255);
        return cat([colours, opaque], 1).repeat_interleave(scale, 2).repeat_interleave(scale, 3).permute(0, 2, 3, 1).contiguous();
    }

    private static void Write(IReadOnlyList<string> captions, SKBitmap bitmap, SKFont font, int height, int margin)
    {
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = s_ink, IsAntialias = true };
        for (var row = 0; row < captions.Count; row++)
        {
            var middle = margin + row * (height + margin) + height / 2f;
            canvas.DrawText(captions[row], Padding, middle + font.Metrics.CapHeight / 2, SKTextAlign.Left, font, paint);
        }
    }
}
