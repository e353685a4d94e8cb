using System.Text.RegularExpressions;

namespace DisBack.Cli.Tests.Report;

/// <summary>What a page asks of a network or of files beside it.</summary>
internal static partial class OutsideResources
{
    public static IEnumerable<string> Of(string html) =>
        // Namespaces of SVG are names, not addresses.
        Pattern().Matches(html.Replace("http://www.w3.org/", "", StringComparison.Ordinal)).Select(match => match.Value);

    [GeneratedRegex(@"https?://|\bsrc=""(?!data:)|href=""(?!#)|url\((?!data:|#)|@import|<script[^>]|<link|<iframe|<object|<embed|fetch\(|import\(|XMLHttp")]
    private static partial Regex Pattern();
}
