using System.Globalization;
using System.Text.RegularExpressions;

namespace DisBack.TestKit.Silos;

/// <summary>One line of the Prometheus text format.</summary>
public sealed record Metric(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>What a silo shows to Prometheus.</summary>
public static partial class Metrics
{
    /// <exception cref="FormatException">A line is not in the text format of Prometheus.</exception>
    public static IReadOnlyList<Metric> Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(One)];

    /// <summary>The sum over all series of a name with certain labels.</summary>
    public static double Sum(IEnumerable<Metric> metrics, string name, params (string Label, string Value)[] labels) =>
        metrics.Where(metric => metric.Name == name && labels.All(label => metric.Labels.GetValueOrDefault(label.Label) == label.Value))
            .Sum(metric => metric.Value);

    /// <summary>The same of a whole page of metrics.</summary>
    public static double Sum(string text, string name, params (string Label, string Value)[] labels) => Sum(Parse(text), name, labels);

    private static Metric One(string line)
    {
        var match = Line().Match(line);
        if (!match.Success)
        {
            throw new FormatException($"'{line}' is not in the text format of Prometheus.");
        }
        return new(
            match.Groups["name"].Value,
            Label().Matches(match.Groups["labels"].Value).ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value),
            double.Parse(match.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>\S+)( [0-9]+)?$")]
    private static partial Regex Line();

    [GeneratedRegex("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Label();
}
