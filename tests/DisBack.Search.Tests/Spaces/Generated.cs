using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Tests.Spaces;

/// <summary>Search spaces and histories of any form, for laws that hold of all; the same in every run.</summary>
internal static class Generated
{
    /// <summary>A space of two roots, a parameter that is conditional on the second, and one that is conditional on that one and stands before it.</summary>
    public static SearchSpace SpaceOf(Random random)
    {
        var (root, child) = (SeparateOf(random), SeparateOf(random));
        return new(
        [
            new Parameter("free", DomainOf(random)),
            new Parameter("root", root),
            new Parameter("leaf", DomainOf(random), new Condition("child", [Some(child), Some(child)])),
            new Parameter("child", child, new Condition("root", [Some(root)])),
        ]);

        double Some(Domain domain) => domain.Separate(random.NextInt64(domain.Count!.Value));
    }

    /// <summary>Trials at random points of a space, of all outcomes, many of them with equal values.</summary>
    public static History HistoryOf(SearchSpace space, Random random)
    {
        return new(Direction.Minimize, [.. Enumerable.Range(0, random.Next(60)).Select(i => new TrialRecord(
            i,
            space.PointOf(parameter => space.Parameters[parameter].Domain.FromUniform(random.NextDouble())),
            Outcome()))]);

        TrialOutcome Outcome() => random.Next(10) switch
        {
            0 => new FailedOutcome(),
            1 => new RunningOutcome(),
            2 => new PrunedOutcome(random.Next(3), random.Next(5)),
            _ => new CompleteOutcome(random.Next(8)),
        };
    }

    private static Domain SeparateOf(Random random)
    {
        var (low, length, step) = (random.Next(1, 20), random.Next(12), random.Next(1, 5));
        return random.Next(4) switch
        {
            0 => new CategoricalDomain(step),
            1 => new IntegerDomain(low - 10, low - 10 + length, Step: step),
            2 => new IntegerDomain(low, low + 10 * length, Log: true),
            _ => new RealDomain(low / 7.0, low / 7.0 + length, Step: step / 3.0),
        };
    }

    private static Domain DomainOf(Random random) => random.Next(3) switch
    {
        0 => new RealDomain(-random.NextDouble(), random.NextDouble() + 0.01),
        1 => new RealDomain(Math.Pow(10, -6 * random.NextDouble()), Math.Pow(10, 0.01 + 3 * random.NextDouble()), Log: true),
        _ => SeparateOf(random),
    };
}
