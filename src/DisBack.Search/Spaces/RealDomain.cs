namespace DisBack.Search.Spaces;

/// <summary>Real numbers from <paramref name="Low"/> to <paramref name="High"/>, both included.</summary>
/// <param name="Low">The low end; above 0 if <paramref name="Log"/>.</param>
/// <param name="High">The high end; above the low end, or equal to it if there is a step.</param>
/// <param name="Log">Whether factors matter and not differences: the logarithm is searched.</param>
/// <param name="Step">The distance of the values Low, Low + Step, ...; null for a continuum, as a logarithmic range always is.</param>
public sealed record RealDomain(double Low, double High, bool Log = false, double? Step = null) : NumericDomain
{
    // Beyond it neighbouring doubles are further apart than a step.
    private const double MostSteps = 1L << 52;

    internal override string? Fault => (Low, High) switch
    {
        _ when !double.IsFinite(High - Low) => $"it reaches from {Low} to {High}; give it finite ends",
        _ when Low > High || (Low == High && Step is null) => $"it reaches from {Low} to {High}; give it a low end below its high end",
        _ when Log && Low <= 0 => $"it is logarithmic and begins at {Low}; raise the low end above 0, or make it linear",
        _ when Log && Step is not null => "it is logarithmic and has a step; leave one of the two away",
        _ when Step is { } step && !(step > 0 && double.IsFinite(step)) => $"its step is {step}; give it a finite one above 0",
        _ when (High - Low) / Step > MostSteps => $"its step of {Step} is too short for a range from {Low} to {High}; make it longer or leave it away",
        _ => null,
    };

    private protected override double First => Low;

    private protected override double End => High;

    private protected override double? Spacing => Step;

    private protected override bool IsLogarithmic => Log;
}
