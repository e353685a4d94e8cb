namespace DisBack.Specs.Reading;

/// <summary>A spec cannot be used. It names every mistake that was found, one a line, in the order they were written.</summary>
/// <param name="problems">The mistakes; at least one.</param>
public sealed class SpecException(IReadOnlyList<SpecProblem> problems) : DisBackException(string.Join('\n', problems))
{
    /// <summary>Every mistake that was found.</summary>
    public IReadOnlyList<SpecProblem> Problems { get; } = problems;
}
