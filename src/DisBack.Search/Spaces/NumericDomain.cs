namespace DisBack.Search.Spaces;

/// <summary>An interval of numbers: all of them, or those on a grid that begins at the low end.</summary>
/// <remarks>
/// It is searched along an axis, which is the value itself or its natural logarithm. Values on a grid own the interval around them, half a step to either side,
/// so that the axis reaches half a step beyond both ends and the values at the ends are drawn as often as their neighbours.
/// </remarks>
public abstract record NumericDomain : Domain
{
    private protected NumericDomain()
    {
    }

    /// <summary>The first value.</summary>
    private protected abstract double First { get; }

    /// <summary>The upper end: the last value, unless the grid ends below it.</summary>
    private protected abstract double End { get; }

    /// <summary>The distance of neighbouring values; null for a continuum.</summary>
    private protected abstract double? Spacing { get; }

    /// <summary>Whether the axis is that of logarithms.</summary>
    private protected abstract bool IsLogarithmic { get; }

    /// <summary>Where the axis begins.</summary>
    internal double AxisLow => ToAxis(First - Spacing / 2 ?? First);

    /// <summary>Where the axis ends.</summary>
    internal double AxisHigh => ToAxis(Last + Spacing / 2 ?? Last);

    /// <summary>The part of the axis that each value owns; null where the values own none or unequal parts, so that a density describes them.</summary>
    internal double? Cell => IsLogarithmic ? null : Spacing;

    internal override long? Count => Spacing is { } spacing ? Steps(spacing) + 1 : null;

    /// <summary>The last value. A range that is no whole number of steps ends with the last step inside it.</summary>
    private double Last => Spacing is { } spacing ? Math.Min(End, First + Steps(spacing) * spacing) : End;

    /// <summary>Where a value lies on the axis.</summary>
    internal double ToAxis(double value) => IsLogarithmic ? Math.Log(value) : value;

    /// <summary>The value that owns a position on the axis, or the nearest one.</summary>
    internal double FromAxis(double position) => Nearest(IsLogarithmic ? Math.Exp(position) : position);

    /// <summary>Values at equal distances on the axis from the first value to the last, on the grid if there is one, none twice.</summary>
    internal double[] Spread(int count) =>
        count == 1
            ? [FromAxis((AxisLow + AxisHigh) / 2)]
            : [.. Enumerable.Range(0, count).Select(i => i == 0 ? First : i == count - 1 ? Last : FromAxis(Between((double)i / (count - 1)))).Distinct()];

    internal override double Separate(long index) => Math.Min(Last, First + index * (Spacing ?? 0));

    internal override double FromUniform(double uniform) => FromAxis(AxisLow + uniform * (AxisHigh - AxisLow));

    internal override bool Covers(double value) => value >= First && value <= Last;

    internal override double Nearest(double value) =>
        Math.Clamp(Spacing is { } spacing ? First + Math.Round((value - First) / spacing) * spacing : value, First, Last);

    private double Between(double part) => ToAxis(First) + part * (ToAxis(Last) - ToAxis(First));

    /// <summary>Whole steps inside the range; one that is missed by a rounding error counts.</summary>
    private long Steps(double spacing) => (long)Math.Floor((End - First) / spacing + 1e-9);
}
