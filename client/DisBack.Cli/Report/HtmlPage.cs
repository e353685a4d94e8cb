using System.Net;
using System.Security.Cryptography;
using System.Text;
using DisBack.Diffusion.Pictures;
using DisBack.Specs.Files;
using DisBack.Storage;

namespace DisBack.Cli.Report;

/// <summary>An HTML file that needs nothing beside it and nothing from a network: it can be mailed and kept.</summary>
internal static class HtmlPage
{
    /// <summary>The file's text.</summary>
    /// <param name="title">What a browser's tab shows.</param>
    /// <param name="body">The content of the element <c>main</c>.</param>
    /// <param name="script">A script of its own, without which the page must be complete; null for none.</param>
    public static string Document(string title, StringBuilder body, string? script = null)
    {
        // Nothing that text might smuggle in is run or fetched, even where it were not escaped.
        var scripts = script is null ? "'none'" : $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";
        var policy = $"default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; script-src {scripts}";
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{{policy}}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{{Text(title)}} · DisBack</title>
            <style>
            @font-face { font-family: {{ChartFont.Name}}; src: url({{DataUri("font/ttf", PictureFont.Bytes())}}); }
            {{ReportStyle.Css}}
            </style>
            </head>
            <body>
            <main>
            {{body}}
            </main>
            {{(script is null ? "" : $"<script>{script}</script>")}}
            </body>
            </html>

            """;
    }

    /// <summary>Writes a page so that the name never holds half of one.</summary>
    /// <exception cref="StorageException">The file cannot be written; what was there is unchanged.</exception>
    public static void Write(string path, string html)
    {
        try
        {
            ReplacedFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(html)));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The report '{path}' cannot be written: {cause.Message.TrimEnd('.')}; free some space or check the folder's "
                + "permissions, then repeat the command.", cause);
        }
    }

    /// <summary>A part under a heading.</summary>
    public static void Section(StringBuilder body, string title, Action content)
    {
        body.Append($"<section><h2>{Text(title)}</h2>\n");
        content();
        body.Append("</section>\n");
    }

    /// <summary>The few figures that are shown large.</summary>
    public static void Headlines(StringBuilder body, IReadOnlyList<ReportFigure> figures)
    {
        body.Append("<dl class=\"headlines\">");
        foreach (var (name, value) in figures)
        {
            body.Append($"<div><dt>{Text(name)}</dt><dd>{Text(value)}</dd></div>");
        }
        body.Append("</dl>\n");
    }

    /// <summary>Names with their values, a row each.</summary>
    public static void Pairs(StringBuilder body, IReadOnlyList<ReportFigure> figures, string kind)
    {
        body.Append($"<table class=\"{kind}\">");
        foreach (var (name, value) in figures)
        {
            body.Append($"<tr><th scope=\"row\">{Text(name)}</th><td>{Text(value)}</td></tr>\n");
        }
        body.Append("</table>\n");
    }

    /// <summary>A picture with its caption.</summary>
    public static void Picture(StringBuilder body, ReportPicture picture) => body.Append(
        $"<figure class=\"samples\"><img alt=\"{Text(picture.Caption)}\" src=\"{DataUri("image/png", picture.Png)}\">"
            + $"<figcaption>{Text(picture.Caption)}</figcaption></figure>\n");

    /// <summary>A chart under its title.</summary>
    public static void Drawing(StringBuilder body, string title, string svg) =>
        body.Append($"<figure class=\"chart\"><figcaption>{Text(title)}</figcaption>{svg}</figure>\n");

    /// <summary>A remark.</summary>
    public static void Note(StringBuilder body, string sentence) => body.Append($"<p class=\"note\">{Text(sentence)}</p>\n");

    /// <summary>Text that means nothing but itself, wherever it stands.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string DataUri(string type, byte[] bytes) => $"data:{type};base64,{Convert.ToBase64String(bytes)}";
}
