using SkiaSharp;

namespace DisBack.Diffusion.Pictures;

/// <summary>
/// The font of captions and charts: a subset of Inter inside this assembly. A server often has no fonts at all, and with its own font a picture
/// has the same bytes everywhere.
/// </summary>
public static class PictureFont
{
    /// <summary>The typeface, shared by the process: do not dispose it.</summary>
    public static SKTypeface Typeface { get; } = Load();

    /// <summary>The font's TrueType file, for pages that bring it along.</summary>
    public static byte[] Bytes()
    {
        using var font = typeof(PictureFont).Assembly.GetManifestResourceStream("Font/Inter-subset.ttf")!;
        var bytes = new byte[font.Length];
        font.ReadExactly(bytes);
        return bytes;
    }

    private static SKTypeface Load()
    {
        using var file = SKData.CreateCopy(Bytes());
        return SKTypeface.FromData(file);
    }
}
