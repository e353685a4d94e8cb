namespace DisBack.Specs.Reading;

/// <summary>The mistakes found so far. Reading ends at the first one beyond the most that anybody would read.</summary>
internal sealed class SpecProblems(string source)
{
    /// <summary>How many mistakes are told.</summary>
    public const int Most = 100;

    private readonly List<SpecProblem> _found = [];

    public bool Any => _found.Count > 0;

    /// <summary>Adds a mistake.</summary>
    /// <exception cref="SpecException">It is one too many: the exception names the others.</exception>
    public void Add(SpecProblem problem)
    {
        if (_found.Count == Most)
        {
            throw new SpecException([.. InOrder, new SpecProblem(new SpecLocation(source), $"there are more mistakes than these {Most}")]);
        }
        _found.Add(problem);
    }

    /// <exception cref="SpecException">There are mistakes: it names all of them in the order they were written.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new SpecException([.. InOrder]);
        }
    }

    private IEnumerable<SpecProblem> InOrder => _found.OrderBy(p => p.Location.Line == 0).ThenBy(p => p.Location.Line).ThenBy(p => p.Location.Column);
}
