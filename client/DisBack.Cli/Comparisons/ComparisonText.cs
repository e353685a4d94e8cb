using System.Globalization;
using DisBack.Cli.Terminal;
using DisBack.Client.Curves;
using DisBack.Search.Comparisons;
using DisBack.Search.Histories;

namespace DisBack.Cli.Comparisons;

/// <summary>A comparison for people.</summary>
internal sealed class ComparisonText(Screen screen, Comparison comparison)
{
    /// <summary>Seeds and runs of an arm that are listed.</summary>
    private const int MostListed = 4;

    private readonly ComparisonQuestion _question = comparison.Question;

    public void Print()
    {
        screen.Line($"{_question.Metric}, where {(_question.Direction == Direction.Minimize ? "lower" : "higher")} is better, by {By}");
        screen.Line();
        screen.Table(["ARM", "SEEDS", "RUNS"], comparison.Arms.Select(arm => (IReadOnlyList<string>)
        [
            arm.Label,
            Listed(arm.Runs, run => run.Seed.ToString(CultureInfo.InvariantCulture)),
            Listed(arm.Runs, run => run.Trial.Id),
        ]));
        PrintRunNotes();
        PrintDifferences();
        PrintValues();
        PrintTimes();
    }

    private string By => _question.By switch
    {
        PlaceKind.Step => "steps of stage 2",
        PlaceKind.Images => _question.CountsRecording ? "images of both stages" : "images of stage 2",
        PlaceKind.DeviceSeconds => _question.CountsRecording ? "seconds of training in both stages" : "seconds of training in stage 2",
        PlaceKind.WallTime => "seconds since submission",
        _ => "the node that the student walks towards, 0 the teacher",
    };

    private void PrintRunNotes()
    {
        foreach (var repeat in comparison.Arms.SelectMany(arm => arm.Repeats.Select(run => (arm.Label, run.Trial.Id, run.Seed))))
        {
            screen.Line($"{repeat.Id} is left out: another run of arm {repeat.Label} has its seed {repeat.Seed.ToString(CultureInfo.InvariantCulture)}.");
        }
        foreach (var run in comparison.Arms.SelectMany(arm => arm.Runs).Where(run => run.Curve.Points.Count == 0))
        {
            screen.Line($"{run.Trial.Id} has not measured {_question.Metric}; it is {run.Trial.Run.Status.ToString().ToLowerInvariant()}.");
        }
    }

    private void PrintDifferences()
    {
        screen.Line();
        if (comparison.Arms.Count == 1)
        {
            screen.Line("These runs differ in their seeds only, so that there is one arm and nothing to compare it with.");
            return;
        }
        screen.Table(
            ["KEY", .. Headings],
            comparison.Differences.Select(key => (IReadOnlyList<string>)[key.Key, .. Shortened([.. key.Value.Select(value => value ?? "-")])]));
    }

    /// <summary>Numbers with six digits, unless some of them differ in later ones only.</summary>
    private static string[] Shortened(string[] values)
    {
        var shorter = Array.ConvertAll(values, value => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number.ToString("G6", CultureInfo.InvariantCulture)
            : value);
        return shorter.Distinct().Count() == values.Distinct().Count() ? shorter : values;
    }

    private void PrintValues()
    {
        screen.Line();
        if (comparison.Places.Count == 0)
        {
            screen.Line("There is no place at which all arms have a value: one has ended before another has measured anything.");
            return;
        }
        screen.Table([Heading, .. Headings], comparison.Places.Select(place => (IReadOnlyList<string>)
        [
            Place(place),
            .. comparison.Arms.Select(arm => Mean(arm, Comparison.ValuesAt(arm, place))),
        ]));
    }

    private static string Mean(Arm arm, IReadOnlyList<double> values) => values.Count == 0 ? "-"
        : Texts.Number(values.Average())
            + (values.Count < arm.Runs.Count ? string.Create(CultureInfo.InvariantCulture, $" ({values.Count} of {arm.Runs.Count})") : "");

    private void PrintTimes()
    {
        screen.Line();
        screen.Line($"First at {_question.Metric} {Texts.Number(comparison.To)} or better"
            + (_question.To is null ? ", the best value that all of these runs have reached" : ""));
        var rows = comparison.Arms.Index().Select(arm => (arm.Item, Time: comparison.Times[arm.Index], Ratio: comparison.Ratios[arm.Index])).ToList();
        screen.Table(["ARM", "REACHED", "MEAN", "MEDIAN", .. _question.HasRatios ? ["RATIO", "95 %"] : Array.Empty<string>()], rows.Select(row =>
            (IReadOnlyList<string>)
            [
                row.Item.Label,
                string.Create(CultureInfo.InvariantCulture, $"{row.Time.Reached} of {row.Time.Places.Count}"),
                row.Time.Mean is { } mean ? Place(mean) : "-",
                row.Time.Median is { } median ? Place(median) : "-",
                .. row.Ratio is { } ratio ? Cells(ratio, row.Item.Number == 1) : [],
            ]));
        foreach (var sentence in RatioSentences.Of(comparison))
        {
            screen.Line(sentence);
        }
    }

    private static string[] Cells(RatioEstimate ratio, bool isFirst) => isFirst
        ? ["1", ""]
        : [
            ratio.Ratio is { } value ? Texts.Number(value) : "-",
            ratio.Low is { } low && ratio.High is { } high ? $"{Texts.Number(low)} to {Texts.Number(high)}" : "-",
        ];

    private string Heading => _question.By switch
    {
        PlaceKind.DeviceSeconds or PlaceKind.WallTime => "SECONDS",
        PlaceKind.Position => "NODE",
        var other => other.ToString().ToUpperInvariant(),
    };

    private IEnumerable<string> Headings => comparison.Arms.Select(arm => $"ARM {arm.Label}");

    private string Place(double place) => comparison.Shown(place).ToString("0.#", CultureInfo.InvariantCulture);

    private static string Listed(IReadOnlyList<ComparedRun> runs, Func<ComparedRun, string> text) => string.Join(", ", runs.Take(MostListed).Select(text))
        + (runs.Count > MostListed ? string.Create(CultureInfo.InvariantCulture, $" and {runs.Count - MostListed} more") : "");
}
