using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace DisBack.Cli.Report;

/// <summary>What all charts of reports have in common.</summary>
internal static class ChartStyle
{
    /// <summary>
    /// Told apart by eyes of every kind, and with at least three times the contrast on white and on the dark ground of a page (after Okabe and Ito, 2008).
    /// </summary>
    private static readonly Color[] s_colors =
    [
        Color.FromHex("#1a7bbd"),
        Color.FromHex("#d55e00"),
        Color.FromHex("#009e73"),
        Color.FromHex("#c0649a"),
        Color.FromHex("#80868f"),
    ];

    static ChartStyle() => ChartFont.Use();

    /// <summary>The color of a curve, by its number.</summary>
    public static Color ColorOf(int curve) => s_colors[curve % s_colors.Length];

    /// <summary>A chart with nothing in it, its axes and grid in <paramref name="ink"/> on a transparent ground.</summary>
    public static Plot Empty(Color ink)
    {
        var plot = new Plot();
        plot.FigureBackground.Color = plot.DataBackground.Color = ScottPlot.Colors.Transparent;
        plot.Axes.Color(ink.WithAlpha(0.75));
        plot.Axes.FrameWidth(0.75f);
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = ink.WithAlpha(0.1);
        plot.Axes.Bottom.MinorTickStyle.Length = plot.Axes.Left.MinorTickStyle.Length = 0;
        return plot;
    }

    /// <summary>Says what an axis shows.</summary>
    public static void Label(IAxis axis, string text)
    {
        axis.Label.Text = text;
        axis.Label.Bold = false;
        axis.Label.FontSize = 13;
    }

    /// <summary>Ticks at whole numbers, such as steps.</summary>
    public static NumericAutomatic WholeTicks() => new()
    {
        IntegerTicksOnly = true,
        LabelFormatter = step => step.ToString("#,0", CultureInfo.InvariantCulture),
    };

    /// <summary>Ticks at 1, 2 and 5 times powers of ten, or at the powers alone where there are many; positions are logarithms.</summary>
    public static NumericManual LogarithmicTicks(double least, double most)
    {
        var decades = Math.Log10(most / least);
        var ticks = new NumericManual();
        for (var power = Math.Floor(Math.Log10(least)) - 1; power <= Math.Log10(most) + 1; power++)
        {
            foreach (var digit in decades > 3 ? [1] : new[] { 1.0, 2, 5 })
            {
                var value = digit * Math.Pow(10, power);
                ticks.AddMajor(Math.Log10(value), value.ToString("G3", CultureInfo.InvariantCulture));
            }
        }
        return ticks;
    }

    /// <summary>Shows the curves that have a legend text.</summary>
    public static void ShowLegend(Plot plot, Color ink)
    {
        // Without boxes, in the corner that falling curves leave free.
        plot.Legend.FontColor = ink;
        plot.Legend.BackgroundColor = plot.Legend.OutlineColor = plot.Legend.ShadowColor = ScottPlot.Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.Alignment = Alignment.UpperRight;
    }
}
