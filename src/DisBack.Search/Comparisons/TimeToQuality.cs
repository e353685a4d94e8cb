using DisBack.Search.Histories;

namespace DisBack.Search.Comparisons;

/// <summary>Where the runs of an arm reached a value first.</summary>
/// <param name="Places">The place of each run; null of a run that has never reached it.</param>
public sealed record TimeToQuality(IReadOnlyList<double?> Places)
{
    /// <summary>How many runs reached it.</summary>
    public int Reached => Places.Count(place => place is not null);

    /// <summary>Whether every run did, and there is one.</summary>
    public bool IsComplete => Places.Count > 0 && Reached == Places.Count;

    /// <summary>The mean; null unless every run reached it, for the mean of those that did would be too low.</summary>
    public double? Mean => IsComplete ? Places.Average() : null;

    /// <summary>The median, where a run that did not reach it counts as later than all that did; null where that is all the median says.</summary>
    public double? Median
    {
        get
        {
            var sorted = Places.Where(place => place is not null).Select(place => place!.Value).Order().ToList();
            var (lower, upper) = ((Places.Count - 1) / 2, Places.Count / 2);
            return upper < sorted.Count ? (sorted[lower] + sorted[upper]) / 2 : null;
        }
    }

    /// <summary>Where curves reach a value.</summary>
    /// <param name="curves">The curve of each run.</param>
    /// <param name="value">What is to be reached.</param>
    /// <param name="direction">Which values are better.</param>
    public static TimeToQuality Of(IEnumerable<Curve> curves, double value, Direction direction) =>
        new([.. curves.Select(curve => curve.FirstReaching(value, direction))]);
}
