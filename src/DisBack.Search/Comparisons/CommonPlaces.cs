namespace DisBack.Search.Comparisons;

/// <summary>The places at which curves can be compared.</summary>
public static class CommonPlaces
{
    /// <summary>
    /// Places at even distances, from the first one at which every arm has a value to the last one that every arm has come to with one of its curves; none
    /// where some arm has ended before another has measured anything.
    /// </summary>
    /// <param name="arms">The curves of each arm; arms without measurements are passed over.</param>
    /// <param name="intervals">How many distances; at least 1.</param>
    /// <param name="whole">Whether places are whole numbers.</param>
    public static IReadOnlyList<double> Of(IEnumerable<IEnumerable<Curve>> arms, int intervals, bool whole)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(intervals, 1);
        var ranges = arms.Select(arm => arm.Where(curve => curve.Points.Count > 0).ToList()).Where(arm => arm.Count > 0)
            .Select(arm => (Low: arm.Min(curve => curve.Points[0].Place), High: arm.Max(curve => curve.Points[^1].Place)))
            .ToList();
        if (ranges.Count == 0)
        {
            return [];
        }
        var (low, high) = (ranges.Max(range => range.Low), ranges.Min(range => range.High));
        return low > high ? [] : [.. Enumerable.Range(0, intervals + 1).Select(PlaceOf).Distinct()];

        double PlaceOf(int index)
        {
            if (index == 0 || index == intervals)
            {
                return index == 0 ? low : high;
            }
            var place = low + (high - low) * index / intervals;
            // Nothing is added to -0, which would be another place than 0.
            return whole ? Math.Round(place) + 0.0 : place;
        }
    }
}
