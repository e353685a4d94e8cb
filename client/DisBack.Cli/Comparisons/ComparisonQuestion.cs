using DisBack.Client.Curves;
using DisBack.Search.Histories;

namespace DisBack.Cli.Comparisons;

/// <summary>What runs are compared by.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Direction">Which of its values are better.</param>
/// <param name="By">What the curves are laid over.</param>
/// <param name="CountsRecording">Whether what stage 1 has used counts too.</param>
/// <param name="To">The value to reach; null for the best one that all runs have reached.</param>
internal sealed record ComparisonQuestion(string Metric, Direction Direction, PlaceKind By, bool CountsRecording, double? To)
{
    /// <summary>Whether places are whole numbers.</summary>
    public bool HasWholePlaces => By is PlaceKind.Step or PlaceKind.Images or PlaceKind.Position;

    /// <summary>Whether a place can be so many times another: an index of a node is no amount.</summary>
    public bool HasRatios => By != PlaceKind.Position;
}
