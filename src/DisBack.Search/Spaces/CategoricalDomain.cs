namespace DisBack.Search.Spaces;

/// <summary>Choices without an order. Their values are 0, 1, ... <paramref name="Choices"/> - 1; their names are the caller's.</summary>
/// <param name="Choices">How many there are, at least 1.</param>
public sealed record CategoricalDomain(int Choices) : Domain
{
    internal override string? Fault => Choices >= 1 ? null : "it has no choices; give it at least one";

    internal override long? Count => Choices;

    internal override double Separate(long index) => index;

    internal override double FromUniform(double uniform) => Math.Floor(uniform * Choices);

    internal override bool Covers(double value) => value >= 0 && value < Choices && double.IsInteger(value);

    internal override double Nearest(double value) => Math.Clamp(Math.Round(value), 0, Choices - 1);
}
