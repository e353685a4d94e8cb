using System.Globalization;
using DisBack.Cli.Report;
using DisBack.Contracts.Documents;
using DisBack.Specs.Sweeps;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace DisBack.Cli.SweepReports;

/// <summary>Draws where the trials of a sweep lie and what came of them.</summary>
internal sealed class SweepCharts
{
    /// <summary>The most trials of a chart: so many more would lie on one another and make the file large.</summary>
    public const int MostPoints = 1200;

    /// <summary>Of those, so many are the best ones and the rest is spread evenly.</summary>
    private const int MostBest = 200;

    private const int LongestLabel = 22;

    private readonly SweepReport _report;
    private readonly IReadOnlyList<SweepTrial> _shown;
    private readonly bool _logarithmic;

    public SweepCharts(SweepReport report)
    {
        _report = report;
        var ranked = report.Ranked;
        _shown = ranked.Count <= MostPoints ? ranked : [.. ranked.Take(MostBest), .. Spread([.. ranked.Skip(MostBest)], MostPoints - MostBest)];
        // One scale for all charts, so that they compare.
        _logarithmic = ranked.Count > 0 && ranked.Min(trial => trial.Value) is > 0 and var least && ranked.Max(trial => trial.Value) > 20 * least;
    }

    /// <summary>How many trials a chart leaves out.</summary>
    public int LeftOut => _report.Ranked.Count - _shown.Count;

    /// <summary>The objective of each trial in their order, and the best so far.</summary>
    public Plot OverTrials(Color ink)
    {
        var plot = ChartStyle.Empty(ink);
        Points(plot, _shown.Select(trial => (trial, (double)trial.Ordinal)), ink, "a trial");
        var (xs, ys) = BestSoFar();
        var line = plot.Add.Scatter(xs, ys, ChartStyle.ColorOf(1));
        (line.LineWidth, line.MarkerSize, line.ConnectStyle, line.LegendText) = (2, 0, ConnectStyle.StepHorizontal, "best so far");
        ChartStyle.Label(plot.Axes.Bottom, "trial");
        plot.Axes.Bottom.TickGenerator = ChartStyle.WholeTicks();
        return Finished(plot, ink);
    }

    /// <summary>The objective against the values of an axis.</summary>
    public Plot OverAxis(SweepAxis axis, Color ink)
    {
        var plot = ChartStyle.Empty(ink);
        Points(plot, _shown.Where(trial => trial.Point.ContainsKey(axis.Key)).Select(trial => (trial, Place(axis, trial))), ink, "a trial");
        ChartStyle.Label(plot.Axes.Bottom, axis.Label + (axis.Settings.Log ? ", logarithmic" : ""));
        plot.Axes.Bottom.TickGenerator = axis.Settings switch
        {
            { Choices: { } choices } => Choices(axis, choices.Count),
            { Log: true } => ChartStyle.LogarithmicTicks(axis.Settings.Low!.Value, axis.Settings.High!.Value),
            _ => new NumericAutomatic { IntegerTicksOnly = axis.IsWhole, LabelFormatter = value => value.ToString("G5", CultureInfo.InvariantCulture) },
        };
        return Finished(plot, ink);
    }

    private double Place(SweepAxis axis, SweepTrial trial)
    {
        var coordinate = trial.Point[axis.Key];
        return axis.Settings.IsChoice
            // Beside one another, in the order of the trials, or those of one choice would hide each other.
            ? coordinate + 0.5 * ((double)trial.Ordinal / Math.Max(1, _report.Trials.Count - 1) - 0.5)
            : axis.Settings.Log ? Math.Log10(coordinate) : coordinate;
    }

    private void Points(Plot plot, IEnumerable<(SweepTrial Trial, double X)> points, Color ink, string name)
    {
        var all = points.ToList();
        var best = all.FindIndex(point => point.Trial == _report.Best);
        if (all.Count == 0)
        {
            return;
        }
        var dots = plot.Add.ScatterPoints(all.Select(point => point.X).ToArray(), all.Select(point => Height(point.Trial)).ToArray(),
            ChartStyle.ColorOf(0).WithAlpha(all.Count > 200 ? 0.6 : 0.9));
        (dots.MarkerSize, dots.MarkerShape, dots.LegendText) = (all.Count > 200 ? 4 : 7, MarkerShape.FilledCircle, name);
        if (best >= 0)
        {
            var mark = plot.Add.ScatterPoints(new[] { all[best].X }, new[] { Height(all[best].Trial) }, ChartStyle.ColorOf(1));
            (mark.MarkerSize, mark.MarkerShape, mark.LegendText) = (13, MarkerShape.FilledDiamond, "the best");
        }
    }

    private (double[] Xs, double[] Ys) BestSoFar()
    {
        var (xs, ys) = (new List<double>(), new List<double>());
        double? best = null;
        foreach (var trial in _report.Ranked.OrderBy(trial => trial.Ordinal))
        {
            if (best is null || _report.IsBetter(trial.Value!.Value, best.Value))
            {
                best = trial.Value;
                xs.Add(trial.Ordinal);
                ys.Add(Height(trial));
            }
        }
        if (xs.Count > 0)
        {
            xs.Add(_report.Ranked.Max(trial => trial.Ordinal));
            ys.Add(ys[^1]);
        }
        return ([.. xs], [.. ys]);
    }

    private double Height(SweepTrial trial) => _logarithmic ? Math.Log10(trial.Value!.Value) : trial.Value!.Value;

    private Plot Finished(Plot plot, Color ink)
    {
        ChartStyle.Label(plot.Axes.Left, _report.Plan.Search.Objective.Metric);
        if (_logarithmic)
        {
            plot.Axes.Left.TickGenerator = ChartStyle.LogarithmicTicks(
                _report.Ranked.Min(trial => trial.Value!.Value), _report.Ranked.Max(trial => trial.Value!.Value));
        }
        plot.Axes.Margins(0.02, 0.02);
        plot.Axes.AutoScale();
        var (lowest, highest) = (_report.Ranked.Min(Height), _report.Ranked.Max(Height));
        var range = highest > lowest ? highest - lowest : Math.Max(1, Math.Abs(highest));
        // Room above the points for the legend.
        plot.Axes.SetLimitsY(lowest - 0.08 * range, highest + 0.22 * range);
        ChartStyle.ShowLegend(plot, ink);
        return plot;
    }

    private static NumericManual Choices(SweepAxis axis, int count)
    {
        var ticks = new NumericManual();
        // More would be written over one another.
        var every = (count + 11) / 12;
        for (var choice = 0; choice < count; choice += every)
        {
            var text = axis.Show(choice);
            var most = Math.Clamp(110 / Math.Min(count, 12), 6, LongestLabel);
            ticks.AddMajor(choice, text.Length > most ? text[..(most - 1)] + "…" : text);
        }
        return ticks;
    }

    private static IEnumerable<SweepTrial> Spread(IReadOnlyList<SweepTrial> trials, int count) =>
        Enumerable.Range(0, count).Select(index => trials[(int)((long)index * trials.Count / count)]);
}
