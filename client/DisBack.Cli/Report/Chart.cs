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

    /// <summary>The chart with text, axes and grid in <paramref name="ink"/>, on a transparent ground.</summary>
    public static Plot Draw(ReportChart chart, Color ink)
    {
        var plot = ChartStyle.Empty(ink);
        var curves = chart.Curves.Select(curve => curve with { Points = [.. curve.Points.Where(p => double.IsFinite(p.Value))] }).ToArray();
        var values = curves.SelectMany(curve => curve.Points).Select(p => p.Value).ToArray();
        var logarithmic = !chart.Stepped && values.Length > 0 && values.Min() > 0 && values.Max() > 20 * values.Min();
        for (var i = 0; i < curves.Length; i++)
        {
            var line = Add(plot, curves[i], ChartStyle.ColorOf(i), logarithmic, chart.Stepped);
            if (curves.Length > 1)
            {
                line.LegendText = curves[i].Name;
            }
        }
        foreach (var step in chart.Marks)
        {
            plot.Add.VerticalLine(step, 1, ink.WithAlpha(0.4), LinePattern.Dashed);
        }

        ChartStyle.Label(plot.Axes.Bottom, "step");
        plot.Axes.Bottom.TickGenerator = ChartStyle.WholeTicks();
        if (logarithmic)
        {
            plot.Axes.Left.TickGenerator = ChartStyle.LogarithmicTicks(values.Min(), values.Max());
        }
        else if (chart.Stepped)
        {
            plot.Axes.Left.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        }
        plot.Axes.Margins(0.01, 0.1);
        plot.Axes.AutoScale();
        if (!logarithmic && values.Length > 0 && values.Min() >= 0 && !chart.Stepped)
        {
            plot.Axes.SetLimitsY(0, Math.Max(values.Max() * 1.1, 1e-9));
        }
        ChartStyle.ShowLegend(plot, ink);
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
}
