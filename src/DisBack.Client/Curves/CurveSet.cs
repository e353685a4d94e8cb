namespace DisBack.Client.Curves;

/// <summary>The answer to a <see cref="CurveQuery"/>.</summary>
/// <param name="Curves">Those that have been measured, in the order of the question.</param>
/// <param name="Damaged">What is missing because it cannot be read: a sentence each.</param>
public sealed record CurveSet(IReadOnlyList<ThinnedCurve> Curves, IReadOnlyList<string> Damaged);

/// <summary>
/// A curve, or the range of it that is asked for, in parts, all as wide as one another and those without a measurement left out. A curve with fewer
/// measurements than parts has one in each, and so is whole.
/// </summary>
/// <param name="Run">Id of the run.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Measured">How many measurements there are that are numbers.</param>
/// <param name="NotFinite">How many are not: NaN, or infinite.</param>
/// <param name="First">The first value.</param>
/// <param name="Last">The last value.</param>
/// <param name="From">The place of the first measurement of each part.</param>
/// <param name="To">The place of the last one.</param>
/// <param name="Low">The lowest value of each part.</param>
/// <param name="Mean">The mean.</param>
/// <param name="High">The highest.</param>
public sealed record ThinnedCurve(
    string Run,
    string Metric,
    int Measured,
    int NotFinite,
    double First,
    double Last,
    IReadOnlyList<double> From,
    IReadOnlyList<double> To,
    IReadOnlyList<double> Low,
    IReadOnlyList<double> Mean,
    IReadOnlyList<double> High);
