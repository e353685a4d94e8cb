using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using DisBack.Cli.Report;
using DisBack.Cli.Sweeps;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;
using static DisBack.Cli.Report.HtmlPage;

namespace DisBack.Cli.SweepReports;

/// <summary>The report of a sweep as one HTML file.</summary>
internal sealed class SweepReportPage(SweepReport report)
{
    /// <summary>Axes that have a chart of their own.</summary>
    private const int MostAxes = 16;

    /// <summary>Metrics of the best few that have a chart.</summary>
    private const int MostMetrics = 6;

    /// <summary>Trials that are named with why they ended.</summary>
    private const int MostNamed = 50;

    private readonly StringBuilder _body = new();
    private int _charts;

    private string Metric => report.Plan.Search.Objective.Metric;

    private string Id => report.Sweep.Id;

    public string Html()
    {
        Header();
        Section(_body, "The best trial", Best);
        if (report.Ranked.Count > 0)
        {
            Section(_body, $"{Metric} over the trials", OverTrials);
            Section(_body, $"{Metric} over each axis", OverAxes);
        }
        Section(_body, "What explains the differences", WriteImportance);
        if (report.Histories.Any(best => best.History.Points.Count > 0))
        {
            Section(_body, "Curves of the best", Curves);
        }
        Section(_body, "Trials", () => TrialTable.Write(_body, report));
        if (report.Trials.Any(trial => trial.Pruned || trial.Status == RunStatus.Failed))
        {
            Section(_body, "Stopped early and failed", Ended);
        }
        Section(_body, "Repeat it", Repeat);
        Section(_body, "Spec", () => _body.Append($"<pre tabindex=\"0\">{Text(SpecYaml.Write(JsonNode.Parse(report.Sweep.CurrentSpec)!))}</pre>\n"));
        Section(_body, "Versions and digests", Versions);
        foreach (var sentence in report.Damage)
        {
            Note(_body, sentence);
        }
        return Document(Id, _body, TrialTable.Script);
    }

    private void Header()
    {
        var view = report.View;
        var status = !view.IsSettled ? "running"
            : view.Intent == RunIntent.Cancel ? "cancelled"
            : view.Counts.ContainsKey(RunStatus.Paused) || view.Proposed < view.Trials ? "paused"
            : "completed";
        var goal = view.Objective.Goal == Goal.Minimize ? "lowest" : "highest";
        var search = report.Plan.Search;
        var axes = string.Join(", ", report.Plan.Axes.Select(axis => axis.Key));
        _body.Append($"<header><h1>{Text(Id)} <span class=\"status {status}\">{status}</span></h1>")
            .Append($"<p>Which values of {Text(axes)} give the {goal} {Text(Metric)}? Points of trials: {Text(Sampler(search))}; "
                + $"submitted {Texts.Time(report.Sweep.Submitted)}, read {Texts.Time(report.Read)}.</p>")
            .Append($"<p>{Text(SweepFollower.Line(view))}</p></header>\n");
        var seconds = report.Runs.Values.Sum(run => run.Seconds);
        Headlines(_body,
        [
            new($"best {Metric}", report.Best is { Value: { } best } ? Texts.Number(best) : "-"),
            new("complete trials", Count(view.Counts.GetValueOrDefault(RunStatus.Completed))),
            new("stopped early, failed", $"{Count(view.Pruned)}, {Count(view.Counts.GetValueOrDefault(RunStatus.Failed))}"),
            new("device time of the trials", Texts.Duration(TimeSpan.FromSeconds(seconds))),
            new("device time of recordings", Texts.Duration(TimeSpan.FromSeconds(report.RecordingSeconds))),
        ]);
    }

    private void Best()
    {
        if (report.Best is not { Value: { } value } best)
        {
            Note(_body, $"No trial is complete and has measured {Metric} yet.");
            return;
        }
        Pairs(_body,
        [
            new("trial", report.IdOf(best)),
            new(Metric, value.ToString("R", CultureInfo.InvariantCulture)),
            .. report.Plan.Axes.Where(axis => best.Point.ContainsKey(axis.Key)).Select(axis => new ReportFigure(axis.Label, axis.Show(best.Point[axis.Key]))),
            .. (report.BestRun?.Run.Latest.Where(metric => metric.Key != Metric) ?? []).Select(metric => new ReportFigure(
                metric.Key, $"{Texts.Number(metric.Value.Value)} at step {Count(metric.Value.Step)}")),
        ], "figures");
        if (report.Samples is { } png)
        {
            _body.Append('\n');
            Picture(_body, new($"Samples that {report.IdOf(best)} left.", png));
        }
    }

    private void OverTrials()
    {
        var charts = new SweepCharts(report);
        Draw($"{Metric} of each complete trial, and the best so far", charts.OverTrials);
        LeftOut(charts);
    }

    private void OverAxes()
    {
        var charts = new SweepCharts(report);
        // What explains most comes first, and is not left out.
        var axes = report.Plan.Axes.ToDictionary(axis => axis.Key);
        var ordered = report.Importance.Axes.Select(axis => axes[axis.Axis]).ToList();
        foreach (var axis in ordered.Take(MostAxes))
        {
            Draw($"{Metric} against {axis.Key}", ink => charts.OverAxis(axis, ink));
        }
        if (ordered.Count > MostAxes)
        {
            var others = string.Join(", ", ordered.Skip(MostAxes).Select(axis => axis.Key));
            Note(_body, $"{Count(ordered.Count - MostAxes)} axes that explain less have no chart: {others}.");
        }
        LeftOut(charts);
    }

    private void LeftOut(SweepCharts charts)
    {
        if (charts.LeftOut > 0)
        {
            Note(_body, $"{Count(charts.LeftOut)} of {Count(report.Ranked.Count)} complete trials are not drawn; the best are, and some of all others.");
        }
    }

    private void WriteImportance()
    {
        var importance = report.Importance;
        var isEnough = importance.Trials >= importance.FewestTrials;
        if (isEnough)
        {
            WriteShares(importance.Axes);
        }
        foreach (var sentence in importance.Remarks)
        {
            Note(_body, sentence);
        }
        if (isEnough)
        {
            Note(_body, "It looks at one axis at a time: what two do only together shows in neither.");
        }
    }

    private void WriteShares(IEnumerable<SweepAxisImportance> axes)
    {
        _body.Append("<table class=\"importance\"><thead><tr><th scope=\"col\">Axis</th><th scope=\"col\">Trials</th><th scope=\"col\">Groups</th>")
            .Append("<th scope=\"col\">Explained</th><th scope=\"col\">Adjusted</th><th scope=\"col\">P</th></tr></thead><tbody>\n");
        foreach (var axis in axes)
        {
            var bar = axis.Adjusted is { } share
                ? string.Create(CultureInfo.InvariantCulture, $"<span class=\"bar\" style=\"width:{100 * share:0.#}%\"></span>") : "";
            _body.Append($"<tr><th scope=\"row\">{Text(axis.Axis)}</th><td>{Count(axis.Trials)}</td><td>{Count(axis.Groups)}</td>")
                .Append($"<td>{Texts.Percent(axis.Explained)}</td><td>{Texts.Percent(axis.Adjusted)}{bar}</td>")
                .Append($"<td>{axis.Chance?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-"}</td></tr>\n");
        }
        _body.Append("</tbody></table>\n");
    }

    private void Curves()
    {
        // The objective first, in every form in which it is measured, then what trained the student.
        var names = report.Histories.SelectMany(best => best.History.Points.Select(point => point.Name)).Distinct(StringComparer.Ordinal)
            .OrderBy(name => name == Metric ? 0 : name.StartsWith(Metric + "/", StringComparison.Ordinal) ? 1 : 2).ThenBy(name => name, StringComparer.Ordinal)
            .ToList();
        foreach (var name in names.Take(MostMetrics))
        {
            var curves = report.Histories.Select(best => new ReportCurve(
                    report.IdOf(best.Trial)[(Id.Length + 1)..], [.. best.History.Curve(name).Select(point => (point.Step, point.Value))]))
                .Where(curve => curve.Points.Count > 0).ToList();
            if (curves.Count > 0)
            {
                Draw($"{name} of the best trials", ink => Chart.Draw(new ReportChart(name, curves, []), ink));
            }
        }
        if (names.Count > MostMetrics)
        {
            Note(_body, $"Not drawn: {string.Join(", ", names.Skip(MostMetrics))}.");
        }
    }

    private void Ended()
    {
        var failed = report.Trials.Where(trial => trial is { Status: RunStatus.Failed, Pruned: false }).ToList();
        var causes = failed.CountBy(trial => report.Runs.GetValueOrDefault(trial.Ordinal)?.Cause ?? "no run").OrderByDescending(cause => cause.Value)
            .Select(cause => new ReportFigure($"failed: {cause.Key}", Count(cause.Value)));
        var pruned = report.Trials.Where(trial => trial.Pruned).ToList();
        Pairs(_body, [.. causes, .. pruned.Count > 0 ? [new("stopped early", Count(pruned.Count))] : Array.Empty<ReportFigure>()], "figures");
        _body.Append("<table class=\"ended\"><thead><tr><th scope=\"col\">Trial</th><th scope=\"col\">Step</th><th scope=\"col\">What</th>")
            .Append("<th scope=\"col\">Why</th></tr></thead><tbody>\n");
        foreach (var trial in failed.Take(MostNamed).Concat(pruned.Take(MostNamed)))
        {
            var run = report.Runs.GetValueOrDefault(trial.Ordinal);
            _body.Append($"<tr><td>{Text(report.IdOf(trial))}</td><td>{Count(trial.Step)}</td><td>{(trial.Pruned ? "stopped early" : "failed")}")
                .Append(trial.Pruned || run?.Cause is null ? "" : $": {Text(run.Cause)}")
                .Append($"</td><td>{Text(trial.Reason ?? run?.Reason ?? "-")}</td></tr>\n");
        }
        _body.Append("</tbody></table>\n");
        if (failed.Count > MostNamed || pruned.Count > MostNamed)
        {
            Note(_body, $"At most {Count(MostNamed)} of each are named; 'disback query trials --where \"sweep = '{Id}' and reason is not null\"' has all.");
        }
    }

    private void Repeat()
    {
        var name = report.Sweep.Name;
        string[] lines =
        [
            $"disback sweep {name}.yaml                # the spec below, saved under this name: the same spec is the same sweep, and goes on",
            $"disback sweep show {Id} --csv",
            .. report.Best is { } best ? [$"disback show {report.IdOf(best)} --spec > best.yaml && disback run best.yaml"] : Array.Empty<string>(),
            .. report.View.Counts.ContainsKey(RunStatus.Failed) ? [$"disback retry sweep/{Id}"] : Array.Empty<string>(),
            $"disback report {Id}",
        ];
        _body.Append($"<pre tabindex=\"0\">{Text(string.Join('\n', lines))}</pre>\n");
        if (report.BestRun is { } run)
        {
            _body.Append($"<details><summary>Spec of the best trial, with every default</summary><pre tabindex=\"0\">")
                .Append(Text(SpecYaml.Write(SpecJson.FromJson<ExperimentSpec>(run.Spec)))).Append("</pre></details>\n");
        }
    }

    private void Versions() => Pairs(_body,
    [
        new("DisBack", report.Version),
        new("runtime", RuntimeInformation.FrameworkDescription),
        new("spec", GrainKeys.Digest(report.Sweep.CurrentSpec)),
        .. report.Sweep.Teachers.Select(teacher => new ReportFigure($"teacher {teacher.Key}", teacher.Value.Digest)),
        .. report.BestRun is { Trajectory: { Length: > 0 } trajectory } ? [new("trajectory of the best", trajectory)] : Array.Empty<ReportFigure>(),
        .. report.BestRun?.Run.Artifacts.Select(file => new ReportFigure($"{file.Key} of the best", file.Value.Content.Digest)) ?? [],
    ], "digests");

    private void Draw(string title, Func<ScottPlot.Color, ScottPlot.Plot> draw) => Drawing(_body, title, CurvePictures.Svg(draw, _charts++, title));

    private static string Sampler(SearchSettings search) => search switch
    {
        GridSearch => "grid",
        RandomSearch => "random",
        SobolSearch => "Sobol points",
        _ => "TPE",
    };

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
