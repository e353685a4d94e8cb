using DisBack.Cli.Report;
using DisBack.Specs.Sweeps;
using ScottPlot;
using ScottPlot.MultiplotLayouts;

namespace DisBack.Benchmarks.Science;

/// <summary>The answers to a question as a picture: FID over images, a panel for each setting and a curve with its confidence for each arm.</summary>
internal static class AnswerFigure
{
    private const int PanelWidth = 520, PanelHeight = 330, LegendLine = 26;

    public static void Save(Question question, IReadOnlyDictionary<(AxisCase Setting, AxisCase Arm), IReadOnlyList<Outcome>> outcomes, string path)
    {
        ChartFont.Use();
        var columns = Math.Min(3, question.Settings.Count);
        var rows = (question.Settings.Count + columns - 1) / columns;
        var figure = new Multiplot();
        figure.AddPlots(question.Settings.Count);
        figure.Layout = new Grid(rows, columns);
        for (var i = 0; i < question.Settings.Count; i++)
        {
            Draw(figure.GetPlot(i), question, question.Settings[i], outcomes);
        }
        figure.SavePng(path, columns * PanelWidth, rows * (PanelHeight + LegendLine * question.Arms.Count));
    }

    private static void Draw(
        Plot plot, Question question, AxisCase setting, IReadOnlyDictionary<(AxisCase Setting, AxisCase Arm), IReadOnlyList<Outcome>> outcomes)
    {
        plot.Title(setting.Name, 15);
        plot.Axes.Bottom.Label.Text = "images, thousands, with stage 1";
        plot.Axes.Left.Label.Text = "FID";
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { LabelFormatter = log => $"{Math.Pow(10, log):G3}" };
        foreach (var (arm, color) in question.Arms.Zip(new ScottPlot.Palettes.Category10().Colors))
        {
            // Seeds may end stage 1 after different steps, so points are matched by their order and stand at the mean of their images.
            var points = outcomes[(setting, arm)]
                .SelectMany(outcome => outcome.Curve.Select((point, index) => (Index: index, point.Images, point.Fid)))
                .GroupBy(point => point.Index)
                .Select(group => (Images: group.Average(point => point.Images), Fid: Interval.Of([.. group.Select(point => point.Fid)])))
                .OrderBy(point => point.Images)
                .ToArray();
            double[] images = [.. points.Select(point => point.Images)];
            var line = plot.Add.Scatter(images, points.Select(point => Math.Log10(point.Fid.Mean)).ToArray(), color);
            (line.LineWidth, line.MarkerSize, line.LegendText) = (2, 0, arm.Name);
            if (points.Length > 1 && points.All(point => point.Fid.Count > 1))
            {
                var band = plot.Add.FillY(
                    images,
                    points.Select(point => Math.Log10(point.Fid.Low)).ToArray(),
                    points.Select(point => Math.Log10(point.Fid.High)).ToArray());
                (band.FillColor, band.LineWidth) = (color.WithAlpha(0.12), 0);
            }
        }
        plot.Legend.Orientation = Orientation.Vertical;
        plot.ShowLegend(Edge.Bottom);
    }
}
