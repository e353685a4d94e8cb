using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// Every combination of values once, in a fixed order: values ascend, the first unconditional parameter varies slowest, and the parameters that are conditional
/// on a value vary within it. What is not active varies nothing, so no point comes twice.
/// </summary>
public sealed record GridSampler : Sampler
{
    /// <summary>
    /// How many values of a numeric parameter to try, by name: from the low end to the high end at equal distances, of logarithms if the domain is logarithmic;
    /// for 1 the middle; fewer where several round to one. A continuum needs a count; without one every value of a parameter is tried.
    /// </summary>
    public IReadOnlyDictionary<string, int> Counts { get; init; } = new Dictionary<string, int>();

    /// <inheritdoc/>
    public override long? CountPoints(SearchSpace space) => new Grid(space, Counts).Count;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Propose(SearchSpace space, History history, long ordinal)
    {
        var grid = new Grid(space, Counts);
        return ordinal >= 0 && ordinal < grid.Count
            ? grid.PointAt(ordinal)
            : throw new DisBackException($"The grid has {grid.Count} points, so there is none for trial {ordinal}, counted from 0; end the sweep before it.");
    }
}
