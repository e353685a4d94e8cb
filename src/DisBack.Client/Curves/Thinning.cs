namespace DisBack.Client.Curves;

/// <summary>Divides a curve into parts of which a chart shows the bounds: no extreme is lost, and neither end.</summary>
public static class Thinning
{
    /// <summary>A curve in parts.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="places">Where each measurement lies.</param>
    /// <param name="values">What was measured there.</param>
    /// <param name="parts">How many parts there may be.</param>
    /// <returns>Null where no value is a number.</returns>
    public static ThinnedCurve? Of(string run, string metric, ReadOnlySpan<double> places, ReadOnlySpan<double> values, int parts)
    {
        var (xs, ys) = Finite(places, values);
        var count = xs.Length;
        if (count == 0)
        {
            return null;
        }
        var (first, width) = (xs[0], xs[^1] - xs[0]);
        var whole = count <= parts;
        var curve = new Parts(Math.Min(count, parts));
        var previous = -1;
        for (var i = 0; i < count; i++)
        {
            var part = whole ? i : width > 0 ? (int)Math.Min(parts - 1, (xs[i] - first) / width * parts) : 0;
            if (part != previous)
            {
                curve.Begin(xs[i]);
                previous = part;
            }
            curve.Add(xs[i], ys[i]);
        }
        return curve.Finish(run, metric, values.Length - count, ys[0], ys[^1]);
    }

    /// <summary>The measurements that are numbers, by their places: a clock that was set back does not fold a curve.</summary>
    private static (double[] Xs, double[] Ys) Finite(ReadOnlySpan<double> places, ReadOnlySpan<double> values)
    {
        var (xs, ys) = (new double[values.Length], new double[values.Length]);
        var (count, ascends) = (0, true);
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsFinite(values[i]))
            {
                ascends &= count == 0 || places[i] >= xs[count - 1];
                (xs[count], ys[count]) = (places[i], values[i]);
                count++;
            }
        }
        Array.Resize(ref xs, count);
        Array.Resize(ref ys, count);
        if (!ascends)
        {
            // Of equal places the order stays.
            int[] order = [.. Enumerable.Range(0, count).OrderBy(index => xs[index])];
            (xs, ys) = ([.. order.Select(index => xs[index])], [.. order.Select(index => ys[index])]);
        }
        return (xs, ys);
    }

    private sealed class Parts(int capacity)
    {
        private readonly List<double> _from = new(capacity), _to = new(capacity), _low = new(capacity), _mean = new(capacity), _high = new(capacity);
        private double _sum;
        private int _here;
        private int _all;

        public void Begin(double place)
        {
            Close();
            _from.Add(place);
            _to.Add(place);
            _low.Add(double.PositiveInfinity);
            _high.Add(double.NegativeInfinity);
            (_sum, _here) = (0, 0);
        }

        public void Add(double place, double value)
        {
            _to[^1] = place;
            _low[^1] = Math.Min(_low[^1], value);
            _high[^1] = Math.Max(_high[^1], value);
            _sum += value;
            _here++;
            _all++;
        }

        public ThinnedCurve Finish(string run, string metric, int notFinite, double first, double last)
        {
            Close();
            return new(run, metric, _all, notFinite, first, last, _from, _to, _low, _mean, _high);
        }

        private void Close()
        {
            if (_here > 0)
            {
                // A sum that is too large for a number is none of its parts' fault, and rounding leaves no mean outside its bounds.
                _mean.Add(double.IsFinite(_sum) ? Math.Clamp(_sum / _here, _low[^1], _high[^1]) : _low[^1] / 2 + _high[^1] / 2);
            }
        }
    }
}
