using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// The points of a grid that was widened while trials lay on it: first those that there were, then the others, in the order of the grid. No point comes twice.
/// </summary>
/// <param name="Grid">The grid as it is now.</param>
/// <param name="Earlier">The points of the first trials, in their order.</param>
internal sealed record RestOfGrid(GridSampler Grid, IReadOnlyList<IReadOnlyDictionary<string, double>> Earlier) : Sampler
{
    private IReadOnlyList<IReadOnlyDictionary<string, double>>? _rest;

    /// <inheritdoc/>
    public override long? CountPoints(SearchSpace space) => Earlier.Count + Rest(space).Count;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Propose(SearchSpace space, History history, long ordinal) =>
        ordinal < Earlier.Count ? Earlier[(int)ordinal] : Rest(space)[(int)(ordinal - Earlier.Count)];

    private IReadOnlyList<IReadOnlyDictionary<string, double>> Rest(SearchSpace space)
    {
        if (_rest is null)
        {
            var known = Earlier.Select(Text).ToHashSet(StringComparer.Ordinal);
            var grid = new Grid(space, Grid.Counts);
            var points = new List<IReadOnlyDictionary<string, double>>();
            for (long number = 0; number < grid.Count; number++)
            {
                if (grid.PointAt(number) is var point && !known.Contains(Text(point)))
                {
                    points.Add(point);
                }
            }
            _rest = points;
        }
        return _rest;

        static string Text(IReadOnlyDictionary<string, double> point) => string.Join(
            ';', point.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => FormattableString.Invariant($"{value.Key}={value.Value:R}")));
    }
}
