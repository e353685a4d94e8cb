using System.Globalization;
using System.Net;
using System.Text;
using DisBack.Diffusion.Pictures;
using DisBack.Storage;

namespace DisBack.Cli.Report;

/// <summary>Writes a report as one HTML file that needs nothing beside it and nothing from a network: it can be mailed and kept.</summary>
internal static class ReportWriter
{
    /// <summary>Writes the page so that the name never holds half of one.</summary>
    /// <exception cref="StorageException">The file cannot be written; what was there is unchanged.</exception>
    public static void Write(string path, ReportModel report)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Encoding.UTF8.GetBytes(Html(report)));
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary); // deleting throws if even the folder is missing
            }
            throw new StorageException($"The report '{path}' cannot be written: {cause.Message.TrimEnd('.')}; free some space or check the folder's "
                + "permissions, then repeat the command.", cause);
        }
    }

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
            Section(body, "Samples", () => Pictures(body, report.Pictures));
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
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{{Text(report.Title)}} · DisBack</title>
            <style>
            @font-face { font-family: {{ChartFont.Name}}; src: url({{DataUri("font/ttf", PictureFont.Bytes())}}); }
            {{ReportStyle.Css}}
            </style>
            </head>
            <body>
            <main>
            {{body}}
            </main>
            </body>
            </html>

            """;
    }

    private static void Header(StringBuilder body, ReportModel report) => body.Append(
        $"<header><h1>{Text(report.Title)} <span class=\"status {Text(report.Status)}\">{Text(report.Status)}</span></h1>"
            + $"<p>{Text(report.Summary)}</p></header>\n");

    private static void Section(StringBuilder body, string title, Action content)
    {
        body.Append($"<section><h2>{title}</h2>\n");
        content();
        body.Append("</section>\n");
    }

    private static void Headlines(StringBuilder body, IReadOnlyList<ReportFigure> figures)
    {
        body.Append("<dl class=\"headlines\">");
        foreach (var (name, value) in figures)
        {
            body.Append($"<div><dt>{Text(name)}</dt><dd>{Text(value)}</dd></div>");
        }
        body.Append("</dl>\n");
    }

    private static void Pictures(StringBuilder body, IReadOnlyList<ReportPicture> pictures)
    {
        foreach (var (caption, png) in pictures)
        {
            body.Append($"<figure class=\"samples\"><img alt=\"{Text(caption)}\" src=\"{DataUri("image/png", png)}\">"
                + $"<figcaption>{Text(caption)}</figcaption></figure>\n");
        }
    }

    private static void Charts(StringBuilder body, ReportModel report)
    {
        var charts = report.Charts;
        for (var i = 0; i < charts.Count; i++)
        {
            body.Append($"<figure class=\"chart\"><figcaption>{Text(charts[i].Title)}</figcaption>{CurvePictures.Svg(charts[i], i)}</figure>\n");
        }
        var switched = charts.Any(chart => chart.Marks.Count > 0) ? "Dashed lines are the steps at which the target was switched. " : "";
        body.Append($"<p class=\"note\">{switched}Where a curve is noisy, the measured values are thin and their moving mean is thick.</p>\n");
        foreach (var sentence in report.Damage)
        {
            body.Append($"<p class=\"note\">{Text(sentence)}</p>\n");
        }
    }

    private static void Pairs(StringBuilder body, IReadOnlyList<ReportFigure> figures, string kind)
    {
        body.Append($"<table class=\"{kind}\">");
        foreach (var (name, value) in figures)
        {
            body.Append($"<tr><th scope=\"row\">{Text(name)}</th><td>{Text(value)}</td></tr>\n");
        }
        body.Append("</table>\n");
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

    private static string DataUri(string type, byte[] bytes) => $"data:{type};base64,{Convert.ToBase64String(bytes)}";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
