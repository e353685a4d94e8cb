using System.Globalization;

namespace DisBack.Client.Curves;

/// <summary>Asks for the curves of some runs, thinned for a chart.</summary>
/// <param name="Runs">Ids of runs, or names that mean one each; at most <see cref="MostRuns"/>.</param>
/// <param name="Metrics">Metrics, for example <c>loss/fake</c>; at most <see cref="MostMetrics"/>.</param>
public sealed record CurveQuery(IReadOnlyList<string> Runs, IReadOnlyList<string> Metrics)
{
    /// <summary>Runs of one question.</summary>
    public const int MostRuns = 100;

    /// <summary>Metrics of one question.</summary>
    public const int MostMetrics = 20;

    /// <summary>Parts of one curve.</summary>
    public const int MostParts = 5000;

    /// <summary>Parts of all curves of one question.</summary>
    public const int MostPartsOfAll = 200_000;

    /// <summary>Parts of a curve unless another number is asked for.</summary>
    public const int UsualParts = 500;

    /// <summary>Into how many parts a curve is divided at most; a chart has no use for more than it is wide.</summary>
    public int Parts { get; init; } = UsualParts;

    /// <summary>What the curves are laid over.</summary>
    public PlaceKind By { get; init; } = PlaceKind.Step;

    /// <summary>The first place that is asked for, as <see cref="By"/> counts; everything from the beginning unless given.</summary>
    public double From { get; init; } = double.NegativeInfinity;

    /// <summary>The last place that is asked for; everything to the end unless given.</summary>
    public double To { get; init; } = double.PositiveInfinity;

    /// <summary>Refuses what would take too much.</summary>
    /// <exception cref="DisBackException">It asks for nothing, or for too much; the message says what there can be.</exception>
    public void Check()
    {
        if (Runs.Count is 0 or > MostRuns)
        {
            throw new DisBackException($"The question names {Runs.Count} runs; name 1 to {MostRuns}.");
        }
        if (Metrics.Count is 0 or > MostMetrics)
        {
            throw new DisBackException($"The question names {Metrics.Count} metrics; name 1 to {MostMetrics}.");
        }
        if (Parts is < 1 or > MostParts)
        {
            throw new DisBackException($"A curve in {Parts} points is asked for; it can have 1 to {MostParts}.");
        }
        // Nothing compares with NaN.
        if (!(From <= To))
        {
            throw new DisBackException(string.Create(CultureInfo.InvariantCulture, $"The range is from {From} to {To}; it begins before it ends."));
        }
        if ((long)Runs.Count * Metrics.Count * Parts is > MostPartsOfAll and var all)
        {
            throw new DisBackException($"{Runs.Count} runs with {Metrics.Count} metrics in {Parts} points are {all} points, and one "
                + $"answer has at most {MostPartsOfAll}; ask for fewer of them.");
        }
    }
}
