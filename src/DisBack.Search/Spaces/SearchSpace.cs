namespace DisBack.Search.Spaces;

/// <summary>
/// The parameters of a sweep in their order. A point of the space has a value, by name, for every active parameter and for no other. Conditions may refer to
/// parameters that are conditional themselves and that stand later, but not in a circle.
/// </summary>
public sealed class SearchSpace
{
    private readonly int[] _parents;
    private readonly double[][] _wanted;
    private readonly int[][] _children;
    private readonly int[] _depthFirst;

    /// <summary>Makes a space of parameters.</summary>
    /// <exception cref="DisBackException">A domain, a name or a condition makes no sense.</exception>
    public SearchSpace(IEnumerable<Parameter> parameters)
    {
        Parameters = [.. parameters];
        Refuse(Parameters.Count == 0, "The search space has no parameters; give it at least one.");
        foreach (var named in Parameters.GroupBy(parameter => parameter.Name))
        {
            Refuse(named.Key.Length == 0, "A parameter of the search space has an empty name; give it one.");
            Refuse(named.Count() > 1, $"{named.Count()} parameters of the search space have the name '{named.Key}'; rename all but one.");
        }
        foreach (var parameter in Parameters)
        {
            Refuse(parameter.Domain.Fault is not null, $"The domain of parameter '{parameter.Name}' cannot be searched: {parameter.Domain.Fault}.");
        }
        _parents = [.. Parameters.Select(ParentOf)];
        _wanted = [.. Parameters.Select((parameter, i) => _parents[i] < 0 ? [] : WantedOf(parameter, Parameters[_parents[i]]))];
        _children = [.. Parameters.Select((_, i) => Indices().Where(child => _parents[child] == i).ToArray())];
        _depthFirst = [.. Roots.SelectMany(SelfAndDescendants)];
        Refuse(
            _depthFirst.Length < Parameters.Count,
            $"The conditions of these parameters lead in a circle: {string.Join(", ", Indices().Except(_depthFirst).Select(i => $"'{Parameters[i].Name}'"))}; "
            + "make one of them unconditional.");
    }

    /// <summary>The parameters in their order.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The unconditional parameters.</summary>
    internal IEnumerable<int> Roots => Indices().Where(i => _parents[i] < 0);

    /// <summary>The parameters whose condition refers to a parameter.</summary>
    internal IReadOnlyList<int> ChildrenOf(int parameter) => _children[parameter];

    /// <summary>Whether a conditional parameter is active when its parent is and has a value.</summary>
    internal bool IsActive(int parameter, double parentValue) => Array.IndexOf(_wanted[parameter], parentValue) >= 0;

    /// <summary>The point whose active parameters have the values that a function gives; it is asked for a parent before its children.</summary>
    internal IReadOnlyDictionary<string, double> PointOf(Func<int, double> valueOf)
    {
        var values = new double?[Parameters.Count];
        foreach (var i in _depthFirst)
        {
            var isActive = _parents[i] < 0 || (values[_parents[i]] is { } parentValue && IsActive(i, parentValue));
            values[i] = isActive ? valueOf(i) : null;
        }
        return Indices().Where(i => values[i] is not null).ToDictionary(i => Parameters[i].Name, i => values[i]!.Value);
    }

    private IEnumerable<int> SelfAndDescendants(int parameter) => [parameter, .. _children[parameter].SelectMany(SelfAndDescendants)];

    private IEnumerable<int> Indices() => Enumerable.Range(0, Parameters.Count);

    private int ParentOf(Parameter parameter)
    {
        if (parameter.Condition is not { } condition)
        {
            return -1;
        }
        var parent = Indices().FirstOrDefault(i => Parameters[i].Name == condition.Parameter, -1);
        Refuse(parent < 0, $"The condition of parameter '{parameter.Name}' refers to '{condition.Parameter}', which the search space lacks; correct the name.");
        return parent;
    }

    /// <summary>The values of a condition as the parent's domain has them, so that they are found again by comparing.</summary>
    private static double[] WantedOf(Parameter parameter, Parameter parent)
    {
        var subject = $"The condition of parameter '{parameter.Name}'";
        Refuse(parent.Domain.Count is null, $"{subject} refers to '{parent.Name}', a continuum, of which no value is ever met; give '{parent.Name}' a step.");
        Refuse(parameter.Condition!.Values.Count == 0, $"{subject} names no value of '{parent.Name}'; name at least one.");
        return [.. parameter.Condition.Values.Select(Existing)];

        double Existing(double value)
        {
            var nearest = parent.Domain.Nearest(value);
            Refuse(
                !(Math.Abs(nearest - value) <= 1e-9 * Math.Max(1, Math.Abs(value))),
                $"{subject} names the value {value}, which '{parent.Name}' never has; the nearest one is {nearest}.");
            return nearest;
        }
    }

    private static void Refuse(bool isWrong, string message)
    {
        if (isWrong)
        {
            throw new DisBackException(message);
        }
    }
}
