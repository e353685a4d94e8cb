using System.Globalization;
using System.Text;
using DisBack.Storage;
using static DisBack.Cli.Report.HtmlPage;

namespace DisBack.Cli.Report;

/// <summary>Writes the report of a run as one HTML file.</summary>
internal static class ReportWriter
{
    /// <summary>Writes the page so that the name never holds half of one.</summary>
    /// <exception cref="StorageException">The file cannot be written; what was there is unchanged.</exception>
    public static void Write(string path, ReportModel report) => HtmlPage.Write(path, Html(report));

    private static string Html(ReportModel report)
    {
        var body = new StringBuilder();
        Header(body, report);
        if (report.Headlines.Count > 0)
        {
            Headlines(body, report.Headlines);
        }
        if (report.Pictures.Count > 0)
        {
            Section(body, "Samples", () => report.Pictures.ToList().ForEach(picture => Picture(body, picture)));
        }
        if (report.Charts.Count > 0)
        {
            Section(body, "Curves", () => Charts(body, report));
        }
        if (report.Figures.Count > 0)
        {
            Section(body, "Figures", () => Pairs(body, report.Figures, "figures"));
        }
        if (report.Nodes.Count > 0)
        {
            Section(body, "Trajectory", () => Nodes(body, report.Nodes));
        }
        if (report.Command.Length > 0)
        {
            Section(body, "Repeat it", () => body.Append($"<pre>{Text(report.Command)}</pre>"));
        }
        if (report.Spec.Length > 0)
        {
            Section(body, "Spec", () => body.Append($"<pre>{Text(report.Spec)}</pre>"));
        }
        if (report.Digests.Count > 0)
        {
            Section(body, "Digests", () => Pairs(body, report.Digests, "digests"));
        }
        return Document(report.Title, body);
    }

    private static void Header(StringBuilder body, ReportModel report) => body.Append(
        $"<header><h1>{Text(report.Title)} <span class=\"status {Text(report.Status)}\">{Text(report.Status)}</span></h1>"
            + $"<p>{Text(report.Summary)}</p></header>\n");

    private static void Charts(StringBuilder body, ReportModel report)
    {
        var charts = report.Charts;
        for (var i = 0; i < charts.Count; i++)
        {
            Drawing(body, charts[i].Title, CurvePictures.Svg(charts[i], i));
        }
        var switched = charts.Any(chart => chart.Marks.Count > 0) ? "Dashed lines are the steps at which the target was switched. " : "";
        Note(body, $"{switched}Where a curve is noisy, the measured values are thin and their moving mean is thick.");
        foreach (var sentence in report.Damage)
        {
            Note(body, sentence);
        }
    }

    private static void Nodes(StringBuilder body, IReadOnlyList<ReportNode> nodes)
    {
        body.Append("<table class=\"nodes\"><thead><tr><th>Node</th><th>Recording step</th><th>Loss</th><th>Size</th><th>SHA-256</th></tr></thead>\n");
        foreach (var node in nodes)
        {
            body.Append(string.Create(
                CultureInfo.InvariantCulture,
                $"<tr><td>{node.Index}{(node.Index == 0 ? " (teacher)" : "")}</td><td>{node.Step:#,0}</td><td>{node.Loss:G4}</td>"
                    + $"<td>{node.Bytes / 1e6:0.00} MB</td><td><code>{Text(node.Digest)}</code></td></tr>\n"));
        }
        body.Append("</table>\n");
    }
}
