using DisBack.Search.Histories;

namespace DisBack.Search.Comparisons;

/// <summary>What one run measured of one metric.</summary>
public sealed class Curve
{
    private readonly CurvePoint[] _points;

    /// <summary>The curve of some measurements.</summary>
    /// <param name="points">
    /// In the order in which they were made; values that are not finite are left out. A place that lies before that of an earlier measurement counts as that
    /// one: a student that returns to a node, or the clock of another machine, does not take back what the run has used.
    /// </param>
    /// <exception cref="DisBackException">A place is not a finite number.</exception>
    public Curve(IEnumerable<CurvePoint> points)
    {
        _points = [.. points.Where(point => double.IsFinite(point.Value))];
        for (var i = 0; i < _points.Length; i++)
        {
            if (!double.IsFinite(_points[i].Place))
            {
                throw new DisBackException($"The measurement {_points[i].Value} was made at {_points[i].Place}; give a finite number.");
            }
            if (i > 0 && _points[i].Place < _points[i - 1].Place)
            {
                _points[i] = _points[i] with { Place = _points[i - 1].Place };
            }
        }
    }

    /// <summary>The measurements, their places ascending.</summary>
    public IReadOnlyList<CurvePoint> Points => _points;

    /// <summary>The last value that was measured at a place or before it; null where there is none.</summary>
    public double? At(double place)
    {
        var last = Array.FindLastIndex(_points, point => point.Place <= place);
        return last < 0 ? null : _points[last].Value;
    }

    /// <summary>The best value; null of a curve without measurements.</summary>
    public double? Best(Direction direction)
    {
        var values = _points.Select(point => (double?)point.Value);
        return direction == Direction.Minimize ? values.Min() : values.Max();
    }

    /// <summary>The place of the first measurement that is a value or better; null where none is.</summary>
    public double? FirstReaching(double value, Direction direction)
    {
        var first = Array.FindIndex(_points, point => direction == Direction.Minimize ? point.Value <= value : point.Value >= value);
        return first < 0 ? null : _points[first].Place;
    }
}
