using DisBack.Diffusion.Pictures;
using ScottPlot;
using SkiaSharp;

namespace DisBack.Cli.Report;

/// <summary>The font of charts: ScottPlot would look for an installed one, and a server may have none.</summary>
internal static class ChartFont
{
    /// <summary>The name of <see cref="PictureFont"/>, for charts and for pages that show them.</summary>
    public const string Name = "Inter";

    private static readonly Lock s_gate = new();

    /// <summary>Makes it the font of every chart of this process.</summary>
    public static void Use()
    {
        lock (s_gate)
        {
            if (Fonts.Default != Name)
            {
                Fonts.FontResolvers.Insert(0, new OwnFont());
                Fonts.Default = Name;
            }
        }
    }

    private sealed class OwnFont : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == Name ? PictureFont.Typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? PictureFont.Typeface : null;
    }
}
