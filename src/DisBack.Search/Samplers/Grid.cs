using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// The points of a grid by number. A parameter and what is conditional on it form a tree, whose combinations are counted from the leaves up; a number is then
/// taken apart from the root down, so a point costs no more where there are many.
/// </summary>
internal sealed class Grid
{
    private readonly SearchSpace _space;
    private readonly Axis[] _axes;

    /// <summary>Of each parameter with children: how many combinations of its tree come before each of its values, and at the end how many there are.</summary>
    private readonly long[]?[] _before;

    private readonly long[] _counts;

    public Grid(SearchSpace space, IReadOnlyDictionary<string, int> counts)
    {
        _space = space;
        foreach (var name in counts.Keys.Where(name => space.Parameters.All(parameter => parameter.Name != name)))
        {
            throw new DisBackException($"The grid has a count for '{name}', which the search space lacks; correct the name.");
        }
        _axes = [.. space.Parameters.Select(parameter => Axis.Of(parameter, counts.TryGetValue(parameter.Name, out var count) ? count : null))];
        _before = new long[]?[_axes.Length];
        _counts = new long[_axes.Length];
        try
        {
            Count = CountOf(space.Roots);
        }
        catch (OverflowException)
        {
            throw new DisBackException("The grid has more than 2^63 points; give its parameters longer steps or smaller counts.");
        }
    }

    public long Count { get; }

    public IReadOnlyDictionary<string, double> PointAt(long number)
    {
        var values = new double[_axes.Length];
        Choose(_space.Roots, number);
        return _space.PointOf(i => values[i]);

        // The last parameter varies fastest.
        void Choose(IEnumerable<int> parameters, long rest)
        {
            foreach (var i in parameters.Reverse())
            {
                (rest, var own) = Math.DivRem(rest, _counts[i]);
                if (_before[i] is not { } before)
                {
                    values[i] = _axes[i].ValueAt(own);
                    continue;
                }
                var found = Array.BinarySearch(before, own);
                var index = found >= 0 ? found : ~found - 1;
                values[i] = _axes[i].ValueAt(index);
                Choose(ActiveChildren(i, values[i]), own - before[index]);
            }
        }
    }

    private long CountOf(IEnumerable<int> parameters) => parameters.Aggregate(1L, (product, i) => checked(product * (_counts[i] = CountOf(i))));

    private long CountOf(int parameter)
    {
        if (_space.ChildrenOf(parameter).Count == 0)
        {
            return _axes[parameter].Count;
        }
        var before = new long[_axes[parameter].Count + 1];
        for (var index = 0; index < before.Length - 1; index++)
        {
            before[index + 1] = checked(before[index] + CountOf(ActiveChildren(parameter, _axes[parameter].ValueAt(index))));
        }
        _before[parameter] = before;
        return before[^1];
    }

    private IEnumerable<int> ActiveChildren(int parameter, double value) => _space.ChildrenOf(parameter).Where(child => _space.IsActive(child, value));

    /// <summary>The values of one parameter in ascending order: those listed, or all of the domain.</summary>
    private readonly record struct Axis(Domain Domain, double[]? Listed, long Count)
    {
        public static Axis Of(Parameter parameter, int? count)
        {
            if (count is null)
            {
                return new(parameter.Domain, null, parameter.Domain.Count ?? throw new DisBackException(
                    $"Parameter '{parameter.Name}' is a continuum, and a grid needs separate values; give it a step, or a count in the grid."));
            }
            if (count < 1 || parameter.Domain is not NumericDomain domain)
            {
                throw new DisBackException(
                    $"The grid has a count of {count} for parameter '{parameter.Name}'; only numeric parameters take one, and it is at least 1.");
            }
            var listed = domain.Spread(count.Value);
            return new(domain, listed, listed.Length);
        }

        public double ValueAt(long index) => Listed?[index] ?? Domain.Separate(index);
    }
}
