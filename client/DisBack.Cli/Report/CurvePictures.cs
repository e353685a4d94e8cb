using ScottPlot;
using SkiaSharp;

namespace DisBack.Cli.Report;

/// <summary>The charts of a report as pictures: SVG for the page, one PNG for everything that shows PNG.</summary>
internal static class CurvePictures
{
    private const int Width = 860, Height = 270;

    /// <summary>Stands for the page's text colour in an SVG until <see cref="Svg(Func{Color, Plot}, int, string)"/> puts <c>currentColor</c> there.</summary>
    private static readonly Color s_pageInk = Color.FromHex("#010203");

    /// <summary>All charts, one under the other, on white.</summary>
    public static byte[] Png(IReadOnlyList<ReportChart> charts)
    {
        var height = Height + 30;
        using var bitmap = new SKBitmap(Width, height * charts.Count);
        bitmap.Erase(SKColors.White);
        using (var canvas = new SKCanvas(bitmap))
        {
            for (var i = 0; i < charts.Count; i++)
            {
                var plot = Chart.Draw(charts[i], Color.FromHex("#20242c"));
                plot.Title(charts[i].Title, 15);
                plot.Axes.Title.Label.Bold = false;
                // A plot clears all of the canvas it is given, so each gets its own.
                using var image = SKBitmap.Decode(plot.GetImage(Width, height).GetImageBytes());
                canvas.DrawBitmap(image, 0, i * height);
            }
        }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>An SVG element that takes text colour and width from the page around it.</summary>
    /// <param name="chart">What to draw.</param>
    /// <param name="number">Tells the element's inner names from those of other charts on the page.</param>
    public static string Svg(ReportChart chart, int number) => Svg(ink => Chart.Draw(chart, ink), number, chart.Title);

    /// <summary>An SVG element that takes text colour and width from the page around it.</summary>
    /// <param name="draw">Draws it with text, axes and grid in a colour.</param>
    /// <param name="number">Tells the element's inner names from those of other charts on the page.</param>
    /// <param name="label">What it shows, for those who do not see it.</param>
    public static string Svg(Func<Color, Plot> draw, int number, string label)
    {
        using var plot = draw(s_pageInk);
        var xml = plot.GetSvgXml(Width, Height);
        return xml[xml.IndexOf("<svg", StringComparison.Ordinal)..]
            .Replace(
                $"width=\"{Width}\" height=\"{Height}\"",
                $"viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{HtmlPage.Text(label)}\"",
                StringComparison.Ordinal)
            .Replace(s_pageInk.ToHex(), "currentColor", StringComparison.OrdinalIgnoreCase)
            .Replace("\"cl_", $"\"chart{number}_", StringComparison.Ordinal)
            .Replace("(#cl_", $"(#chart{number}_", StringComparison.Ordinal);
    }
}
