namespace DisBack.Search.Spaces;

/// <summary>Whole numbers from <paramref name="Low"/> to <paramref name="High"/>, both included; of at most 2^53, which doubles hold exactly.</summary>
/// <param name="Low">The low end; at least 1 if <paramref name="Log"/>.</param>
/// <param name="High">The high end; not below the low end.</param>
/// <param name="Log">Whether factors matter and not differences: the logarithm is searched.</param>
/// <param name="Step">The distance of the values Low, Low + Step, ...; at least 1, and 1 if <paramref name="Log"/>.</param>
public sealed record IntegerDomain(long Low, long High, bool Log = false, long Step = 1) : NumericDomain
{
    private const long Largest = 1L << 53;

    internal override string? Fault => (Low, High) switch
    {
        _ when Low < -Largest || High > Largest => $"it reaches from {Low} to {High}; stay within -2^53 and 2^53",
        _ when Low > High => $"it reaches from {Low} to {High}; give it a low end that is not above its high end",
        _ when Log && Low < 1 => $"it is logarithmic and begins at {Low}; raise the low end to 1 or more, or make it linear",
        _ when Step < 1 => $"its step is {Step}; give it one of at least 1",
        _ when Log && Step > 1 => $"it is logarithmic and has a step of {Step}; leave one of the two away",
        _ => null,
    };

    private protected override double First => Low;

    private protected override double End => High;

    private protected override double? Spacing => Step;

    private protected override bool IsLogarithmic => Log;
}
