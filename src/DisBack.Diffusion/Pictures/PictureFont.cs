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

    private static SKTypeface Load()
    {
        using var font = typeof(PictureFont).Assembly.GetManifestResourceStream("Font/Inter-subset.ttf")!;
        return SKTypeface.FromStream(font);
    }
}
