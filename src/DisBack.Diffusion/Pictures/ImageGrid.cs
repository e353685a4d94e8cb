using DisBack.Specs.Networks;
using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Pictures;

/// <summary>
/// Images side by side in one picture, each pixel enlarged to a square, with a caption before each row if wanted. They are added batch by batch, so
/// that only the picture itself is held whole. Equal input makes equal bytes.
/// </summary>
public sealed class ImageGrid : IDisposable
{
    /// <summary>The most pixels of a picture: 512 MiB while it is drawn.</summary>
    public const long MaxPixels = 1 << 27;

    /// <summary>The longest side that a JPEG can have.</summary>
    private const int MaxJpegSide = 65_500;
    private const int JpegQuality = 95;

    private const int Padding = 8;
    private static readonly SKColor s_paper = SKColors.White, s_ink = new(0x20, 0x24, 0x2c);

    private readonly SKBitmap _bitmap;
    private readonly PictureFormat _format;
    private readonly int _columns, _scale, _margin, _left, _height, _width;
    private readonly long _count;
    private long _added;

    /// <summary>An empty grid.</summary>
    /// <param name="count">How many images it takes.</param>
    /// <param name="shape">The shape of one image; 1 or 3 channels.</param>
    /// <param name="columns">Images per row; the last row may be shorter.</param>
    /// <param name="format">What <see cref="Save"/> writes.</param>
    /// <param name="scale">How many pixels high and wide each pixel is drawn.</param>
    /// <param name="margin">Pixels between images and around them.</param>
    /// <param name="captions">One short text for each row; null for none.</param>
    /// <exception cref="DisBackException">The picture would have more than <see cref="MaxPixels"/>, or be too long for a JPEG.</exception>
    public ImageGrid(
        long count,
        SampleShape shape,
        int columns,
        PictureFormat format = PictureFormat.Png,
        int scale = 4,
        int margin = 2,
        IReadOnlyList<string>? captions = null)
    {
        _format = format;
        (_count, _columns, _scale, _margin, _height, _width) = (count, columns, scale, margin, shape.Height * scale, shape.Width * scale);
        var rows = (count + columns - 1) / columns;
        if (captions is not null && captions.Count != rows)
        {
            throw new ArgumentException($"{captions.Count} captions for {rows} rows.", nameof(captions));
        }
        // No hinting and no subpixel order of a display: glyphs are the same on every machine.
        using var font = new SKFont(PictureFont.Typeface, Math.Clamp(_height / 2, 10, 18))
        {
            Hinting = SKFontHinting.None,
            Edging = SKFontEdging.Antialias,
            Subpixel = true,
        };
        _left = captions is null ? 0 : (int)Math.Ceiling(captions.Max(caption => font.MeasureText(caption))) + 2 * Padding;
        var (wide, high) = (_left + columns * ((long)_width + margin) + margin, rows * ((long)_height + margin) + margin);
        if ((Int128)wide * high > MaxPixels)
        {
            throw new DisBackException($"{count:N0} images in rows of {columns:N0} make a picture of {wide:N0} x {high:N0} pixels; the most is "
                + $"{MaxPixels:N0} pixels, so ask for fewer images.");
        }
        if (format == PictureFormat.Jpeg && Math.Max(wide, high) > MaxJpegSide)
        {
            throw new DisBackException($"The picture has {wide:N0} x {high:N0} pixels, and no side of a JPEG is longer than {MaxJpegSide:N0}; write a PNG, "
                + "or change the number of images in a row.");
        }
        _bitmap = new SKBitmap((int)wide, (int)high, SKColorType.Rgba8888, SKAlphaType.Opaque);
        _bitmap.Erase(s_paper);
        if (captions is not null)
        {
            Write(captions, font);
        }
    }

    /// <summary>Draws the grid of all images as PNG.</summary>
    /// <param name="images">Floating point [N, C, H, W], C being 1 or 3; values outside [-1, 1] are clamped, NaN is drawn black.</param>
    /// <param name="columns">Images per row; the last row may be shorter.</param>
    /// <param name="scale">How many pixels high and wide each pixel is drawn.</param>
    /// <param name="margin">Pixels between images and around them.</param>
    /// <param name="captions">One short text for each row; null for none.</param>
    /// <returns>The bytes of the PNG.</returns>
    /// <exception cref="DisBackException">The picture would have more than <see cref="MaxPixels"/>.</exception>
    public static byte[] Png(Tensor images, int columns, int scale = 4, int margin = 2, IReadOnlyList<string>? captions = null)
    {
        var shape = new SampleShape((int)images.shape[1], (int)images.shape[2], (int)images.shape[3]);
        using var grid = new ImageGrid(images.shape[0], shape, columns, PictureFormat.Png, scale, margin, captions);
        grid.Add(images);
        using var stream = new MemoryStream();
        grid.Save(stream);
        return stream.ToArray();
    }

    /// <summary>Draws the next images.</summary>
    /// <param name="images">Floating point [N, C, H, W]; values outside [-1, 1] are clamped, NaN is drawn black.</param>
    public void Add(Tensor images)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_added + images.shape[0], _count);
        using var scope = NewDisposeScope();
        var pixels = Rgba(images.detach().cpu(), _scale).bytes;
        var canvas = _bitmap.GetPixelSpan();
        for (var i = 0; i < images.shape[0]; i++, _added++)
        {
            var (x, y) = (_left + _margin + (int)(_added % _columns) * (_width + _margin), _margin + (int)(_added / _columns) * (_height + _margin));
            for (var line = 0; line < _height; line++)
            {
                pixels.Slice((i * _height + line) * _width * 4, _width * 4).CopyTo(canvas[((y + line) * _bitmap.RowBytes + x * 4)..]);
            }
        }
    }

    /// <summary>Writes the picture.</summary>
    public void Save(Stream stream)
    {
        using var encoded = _format == PictureFormat.Jpeg
            ? _bitmap.Encode(SKEncodedImageFormat.Jpeg, JpegQuality)
            : _bitmap.Encode(SKEncodedImageFormat.Png, 100);
        encoded.SaveTo(stream);
    }

    /// <summary>Releases the picture.</summary>
    public void Dispose() => _bitmap.Dispose();

    /// <summary>Bytes [N, scale * H, scale * W, 4].</summary>
    private static Tensor Rgba(Tensor images, int scale)
    {
        var levels = (images.to(float32).nan_to_num(-1) * 127.5f + 127.5f).round().clamp(0, 255).to(uint8);
        var colours = levels.expand(-1, 3, -1, -1);
        var opaque = full_like(levels.narrow(1, 0, 1), 255);
        return cat([colours, opaque], 1).repeat_interleave(scale, 2).repeat_interleave(scale, 3).permute(0, 2, 3, 1).contiguous();
    }

    private void Write(IReadOnlyList<string> captions, SKFont font)
    {
        using var canvas = new SKCanvas(_bitmap);
        using var paint = new SKPaint { Color = s_ink, IsAntialias = true };
        for (var row = 0; row < captions.Count; row++)
        {
            var middle = _margin + row * (_height + _margin) + _height / 2f;
            canvas.DrawText(captions[row], Padding, middle + font.Metrics.CapHeight / 2, SKTextAlign.Left, font, paint);
        }
    }
}
