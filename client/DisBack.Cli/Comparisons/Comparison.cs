using DisBack.Client.Curves;
using DisBack.Search.Comparisons;
using DisBack.Search.Histories;

namespace DisBack.Cli.Comparisons;

/// <summary>Arms side by side.</summary>
internal sealed class Comparison
{
    /// <summary>Distances between the places at which values are shown.</summary>
    private const int Intervals = 8;

    public Comparison(ComparisonQuestion question, IReadOnlyList<Arm> arms)
    {
        (Question, Arms) = (question, arms);
        Differences = SpecDifferences.Of(arms.Select(arm => arm.Settings));
        Places = CommonPlaces.Of(arms.Select(arm => arm.Runs.Select(run => run.Curve)), Intervals, question.HasWholePlaces);
        var bests = arms.SelectMany(arm => arm.Runs).Select(run => run.Curve.Best(question.Direction)).OfType<double>();
        To = question.To ?? (question.Direction == Direction.Minimize ? bests.Max() : bests.Min());
        Times = [.. arms.Select(arm => TimeToQuality.Of(arm.Runs.Select(run => run.Curve), To, question.Direction))];
        Ratios = [.. Times.Select(time => question.HasRatios ? RatioEstimate.Of(time, Times[0]) : null)];
    }

    public ComparisonQuestion Question { get; }

    public IReadOnlyList<Arm> Arms { get; }

    /// <summary>Keys of the spec that differ, with the value of each arm.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string?>> Differences { get; }

    /// <summary>Where values are shown.</summary>
    public IReadOnlyList<double> Places { get; }

    /// <summary>The value to reach.</summary>
    public double To { get; }

    /// <summary>Where each arm reached it.</summary>
    public IReadOnlyList<TimeToQuality> Times { get; }

    /// <summary>What each arm takes relative to the first one; null where there are no ratios.</summary>
    public IReadOnlyList<RatioEstimate?> Ratios { get; }

    /// <summary>The values of the runs of an arm that have one at a place.</summary>
    public static IReadOnlyList<double> ValuesAt(Arm arm, double place) => [.. arm.Runs.Select(run => run.Curve.At(place)).OfType<double>()];

    /// <summary>A place as people write it: a position is an index again.</summary>
    public double Shown(double place) => Question.By == PlaceKind.Position ? 0 - place : place;
}
