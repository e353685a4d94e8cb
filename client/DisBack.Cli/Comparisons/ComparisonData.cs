using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Client.Curves;
using DisBack.Search.Histories;
using DisBack.Storage;
using MathNet.Numerics.Statistics;

namespace DisBack.Cli.Comparisons;

/// <summary>A comparison for programs, numbers in full.</summary>
internal static class ComparisonData
{
    public static JsonNode? Json(Comparison comparison)
    {
        var question = comparison.Question;
        return JsonSerializer.SerializeToNode(
            new
            {
                question.Metric,
                Goal = question.Direction == Direction.Minimize ? "minimize" : "maximize",
                By = Name(question.By),
                question.CountsRecording,
                comparison.To,
                comparison.Differences,
                Places = comparison.Places.Select(comparison.Shown),
                Arms = comparison.Arms.Index().Select(arm => Arm(comparison, arm.Item, arm.Index)),
            },
            StorageJson.Options);
    }

    /// <summary>The values at the common places, a line for each place and arm.</summary>
    public static IEnumerable<string> Csv(Comparison comparison)
    {
        yield return $"arm,{Name(comparison.Question.By)},mean,standard_deviation,runs";
        foreach (var (arm, place) in comparison.Arms.SelectMany(arm => comparison.Places.Select(place => (arm, place))))
        {
            var values = Comparison.ValuesAt(arm, place);
            yield return string.Join(
                ',',
                arm.Label,
                Number(comparison.Shown(place)),
                values.Count > 0 ? Number(values.Average()) : "",
                values.Count > 1 ? Number(values.StandardDeviation()) : "",
                Number(values.Count));
        }
    }

    private static object Arm(Comparison comparison, Arm arm, int index)
    {
        var (time, ratio) = (comparison.Times[index], comparison.Ratios[index]);
        return new
        {
            Arm = arm.Number,
            Runs = arm.Runs.Select((run, position) => new
            {
                run.Trial.Id,
                run.Seed,
                run.Trial.Run.Status,
                Best = run.Curve.Best(comparison.Question.Direction),
                Reached = Shown(time.Places[position]),
                Values = comparison.Places.Select(run.Curve.At),
            }),
            Repeats = arm.Repeats.Select(run => run.Trial.Id),
            Means = comparison.Places.Select(place => Comparison.ValuesAt(arm, place) is { Count: > 0 } values ? values.Average() : (double?)null),
            time.Reached,
            Mean = Shown(time.Mean),
            Median = Shown(time.Median),
            ratio?.Ratio,
            ratio?.Low,
            ratio?.High,
            ratio?.Lack,
        };

        double? Shown(double? place) => place is { } there ? comparison.Shown(there) : null;
    }

    /// <summary>As the option <c>--by</c> takes it.</summary>
    public static string Name(PlaceKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
