using System.Globalization;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace DisBack.Cli.Report;

/// <summary>Draws one chart of a report.</summary>
internal static class Chart
{
    /// <summary>More points than a chart has pixels are thinned to the extremes of as many stretches.</summary>
    private const int Stretches = 600;

    /// <summary>A curve with more points than this is noisy rather than sparse, and gets a moving mean.</summary>
    private const int Dense = 60;

    private static readonly Color[] s_colors =
    [
        Color.FromHex("#3b82f6"),
        Color.FromHex("#f59e0b"),
        Color.FromHex("#10b981"),
        Color.FromHex("#ef4444"),
        Color.FromHex("#8b5cf6"),
    ];

    static Chart() => ChartFont.Use();

    /// <summary>The chart with text, axes and grid in <paramref name="ink"/>, on a transparent ground.</summary>
    public static Plot Draw(ReportChart chart, Color ink)
    {
        var plot = new Plot();
        plot.FigureBackground.Color = plot.DataBackground.Color = ScottPlot.Colors.Transparent;
        plot.Axes.Color(ink.WithAlpha(0.75));
        plot.Axes.FrameWidth(0.75f);
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = ink.WithAlpha(0.1);

        var curves = chart.Curves.Select(curve => curve with { Points = [.. curve.Points.Where(p => double.IsFinite(p.Value))] }).ToArray();
        var values = curves.SelectMany(curve => curve.Points).Select(p => p.Value).ToArray();
        var logarithmic = !chart.Stepped && values.Length > 0 && values.Min() > 0 && values.Max() > 20 * values.Min();
        for (var i = 0; i < curves.Length; i++)
        {
            var line = Add(plot, curves[i], s_colors[i % s_colors.Length], logarithmic, chart.Stepped);
            if (curves.Length > 1)
            {
                line.LegendText = curves[i].Name;
            }
        }
        foreach (var step in chart.Marks)
        {
            plot.Add.VerticalLine(step, 1, ink.WithAlpha(0.4), LinePattern.Dashed);
        }

        plot.Axes.Bottom.Label.Text = "step";
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Bottom.Label.FontSize = 13;
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic
        {
            IntegerTicksOnly = true,
            LabelFormatter = step => step.ToString("#,0", CultureInfo.InvariantCulture),
        };
        if (logarithmic)
        {
            plot.Axes.Left.TickGenerator = LogarithmicTicks(values.Min(), values.Max());
        }
        else if (chart.Stepped)
        {
            plot.Axes.Left.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        }
        plot.Axes.Bottom.MinorTickStyle.Length = plot.Axes.Left.MinorTickStyle.Length = 0;
        plot.Axes.Margins(0.01, 0.1);
        plot.Axes.AutoScale();
        if (!logarithmic && values.Length > 0 && values.Min() >= 0 && !chart.Stepped)
        {
            plot.Axes.SetLimitsY(0, Math.Max(values.Max() * 1.1, 1e-9));
        }
        ShowLegend(plot, ink);
        return plot;
    }

    private static Scatter Add(Plot plot, ReportCurve curve, Color color, bool logarithmic, bool stepped)
    {
        var points = curve.Points;
        var noisy = !stepped && points.Count > Dense;
        var line = Line(noisy ? MovingMean(points) : points, color);
        if (noisy)
        {
            line.LineWidth = 2.5f;
            // The measured values stay visible, faintly, behind their mean.
            plot.MoveToBack(Line(points, color.WithAlpha(0.3)));
        }
        return line;

        Scatter Line(IReadOnlyList<(long Step, double Value)> all, Color shade)
        {
            var shown = Thin(all);
            var drawn = plot.Add.Scatter(
                shown.Select(p => (double)p.Step).ToArray(), shown.Select(p => logarithmic ? Math.Log10(p.Value) : p.Value).ToArray(), shade);
            drawn.LineWidth = noisy ? 1 : 2;
            drawn.MarkerSize = shown.Count > 30 || stepped ? 0 : 6;
            if (!curve.Joined)
            {
                (drawn.LineWidth, drawn.MarkerSize, drawn.MarkerShape) = (0, 11, MarkerShape.FilledDiamond);
            }
            if (stepped)
            {
                drawn.ConnectStyle = ConnectStyle.StepHorizontal;
            }
            return drawn;
        }
    }

    /// <summary>Keeps the smallest and the largest value of each stretch, so that no peak is lost.</summary>
    private static IReadOnlyList<(long Step, double Value)> Thin(IReadOnlyList<(long Step, double Value)> points)
    {
        if (points.Count <= 2 * Stretches)
        {
            return points;
        }
        return
        [
            .. Enumerable.Range(0, Stretches).SelectMany(stretch =>
            {
                var (from, to) = ((int)((long)stretch * points.Count / Stretches), (int)((stretch + 1L) * points.Count / Stretches));
                var part = points.Skip(from).Take(to - from).ToArray();
                return new[] { part.MinBy(p => p.Value), part.MaxBy(p => p.Value) }.OrderBy(p => p.Step);
            }),
        ];
    }

    /// <summary>The mean over a fortieth of the points around each; near an end, over those that are there.</summary>
    private static (long Step, double Value)[] MovingMean(IReadOnlyList<(long Step, double Value)> points)
    {
        var reach = Math.Max(2, points.Count / 80);
        var sums = new double[points.Count + 1];
        for (var i = 0; i < points.Count; i++)
        {
            sums[i + 1] = sums[i] + points[i].Value;
        }
        return
        [
            .. points.Select((point, i) =>
            {
                var (from, to) = (Math.Max(0, i - reach), Math.Min(points.Count, i + reach + 1));
                return (point.Step, (sums[to] - sums[from]) / (to - from));
            }),
        ];
    }

    /// <summary>Ticks at 1, 2 and 5 times powers of ten, or at the powers alone where there are many; positions are logarithms.</summary>
    private static NumericManual LogarithmicTicks(double least, double most)
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

    private static void ShowLegend(Plot plot, Color ink)
    {
        // Without boxes, in the corner that falling curves leave free; it shows the curves that have a legend text.
        plot.Legend.FontColor = ink;
        plot.Legend.BackgroundColor = plot.Legend.OutlineColor = plot.Legend.ShadowColor = ScottPlot.Colors.Transparent;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.Alignment = Alignment.UpperRight;
    }
}
