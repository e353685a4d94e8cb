using DisBack.Search.Histories;
using DisBack.Search.Samplers;
using DisBack.Search.Spaces;
using DisBack.Search.Tests.Spaces;

namespace DisBack.Search.Tests.Samplers;

/// <summary>What holds of the proposals of every sampler, in every space and after every history.</summary>
public sealed class ProposalTests
{
    private const int Cases = 150;

    [Fact]
    public void Values_lie_in_their_domains_and_on_their_grids() => Check((space, point) =>
    {
        foreach (var (name, value) in point)
        {
            var domain = space.Parameters.Single(parameter => parameter.Name == name).Domain;
            var (low, high, step) = domain switch
            {
                CategoricalDomain categorical => (0, categorical.Choices - 1, 1),
                IntegerDomain integer => (integer.Low, integer.High, integer.Step),
                RealDomain real => (real.Low, real.High, real.Step ?? 0),
                _ => throw new NotSupportedException(),
            };
            Assert.InRange(value, low, high);
            if (step > 0)
            {
                Assert.Equal(0, Math.IEEERemainder(value - low, step), 1e-9);
            }
        }
    });

    [Fact]
    public void Parameters_are_active_exactly_when_their_conditions_hold() => Check((space, point) =>
    {
        foreach (var parameter in space.Parameters)
        {
            var isActive = parameter.Condition is not { } condition
                || (point.TryGetValue(condition.Parameter, out var value) && condition.Values.Any(wanted => Math.Abs(wanted - value) < 1e-9));
            Assert.Equal(isActive, point.ContainsKey(parameter.Name));
        }
        Assert.Equal(space.Parameters.Select(parameter => parameter.Name).Where(point.ContainsKey), point.Keys);
    });

    [Fact]
    public void The_same_arguments_give_the_same_point() => Check((space, history, ordinal, sampler) =>
        Assert.Equal(sampler.Propose(space, history, ordinal), (sampler with { }).Propose(new(space.Parameters), history with { }, ordinal)));

    [Fact]
    public void The_order_of_the_history_does_not_matter() => Check((space, history, ordinal, sampler) =>
    {
        var shuffled = history.Trials.ToArray();
        new Random((int)ordinal).Shuffle(shuffled);
        Assert.Equal(sampler.Propose(space, history, ordinal), sampler.Propose(space, history with { Trials = shuffled }, ordinal));
    });

    [Fact]
    public void To_maximize_values_is_to_minimize_their_negatives() => Check((space, history, ordinal, sampler) =>
    {
        var negative = new History(Direction.Maximize, [.. history.Trials.Select(trial => trial with
        {
            Outcome = trial.Outcome switch
            {
                CompleteOutcome complete => new CompleteOutcome(-complete.Value),
                PrunedOutcome pruned => pruned with { Value = -pruned.Value },
                var other => other,
            },
        })]);
        Assert.Equal(sampler.Propose(space, history, ordinal), sampler.Propose(space, negative, ordinal));
    });

    [Fact]
    public void Another_seed_and_another_ordinal_give_another_point()
    {
        var space = new SearchSpace([new Parameter("x", new RealDomain(0, 1))]);
        var history = new History(Direction.Minimize, [.. Enumerable.Range(0, 30).Select(i => new TrialRecord(
            i, new Dictionary<string, double> { ["x"] = i / 30.0 }, new CompleteOutcome(i)))]);
        foreach (var samplers in SamplersOf(1).Zip(SamplersOf(2)))
        {
            Assert.Equal(40, Enumerable.Range(0, 20).SelectMany(i => new[] { Value(samplers.First, i), Value(samplers.Second, i) }).Distinct().Count());
        }

        double Value(Sampler sampler, long ordinal) => sampler.Propose(space, history, ordinal)["x"];
    }

    /// <summary>A sweep that is resumed by a later version goes on with the same points.</summary>
    [Fact]
    public void Points_outlive_a_version()
    {
        var space = new SearchSpace([new Parameter("rate", new RealDomain(1e-5, 0.1, Log: true)), new Parameter("rank", new IntegerDomain(1, 100))]);
        var history = new History(Direction.Minimize, [.. Enumerable.Range(0, 30).Select(i => new TrialRecord(
            i, new Dictionary<string, double> { ["rate"] = 1e-5 * (i + 1), ["rank"] = i + 1 }, new CompleteOutcome(Math.Abs(i - 20))))]);
        AssertPoint(0.00274424352364767, 39, new RandomSampler { Seed = 17 });
        AssertPoint(0.0019384500460989335, 9, new SobolSampler { Seed = 17 });
        AssertPoint(0.0011366324869107093, 39, new TpeSampler { Seed = 17 });

        void AssertPoint(double rate, double rank, Sampler sampler)
        {
            var point = sampler.Propose(space, history, 30);
            Assert.Equal(rate, point["rate"], 1e-12);
            Assert.Equal(rank, point["rank"]);
        }
    }

    private static void Check(Action<SearchSpace, IReadOnlyDictionary<string, double>> law) =>
        Check((space, history, ordinal, sampler) => law(space, sampler.Propose(space, history, ordinal)));

    private static void Check(Action<SearchSpace, History, long, Sampler> law)
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var space = Generated.SpaceOf(random);
            var history = Generated.HistoryOf(space, random);
            var ordinal = random.Next(100_000);
            foreach (var sampler in SamplersOf(seed))
            {
                law(space, history, ordinal, sampler);
            }
            // A grid has an end, and in it continua have counts.
            var continua = space.Parameters.Where(parameter => parameter.Domain.Count is null);
            var grid = new GridSampler { Counts = continua.ToDictionary(parameter => parameter.Name, _ => 3) };
            law(space, history, ordinal % grid.CountPoints(space)!.Value, grid);
        }
    }

    private static Sampler[] SamplersOf(int seed) =>
    [
        new RandomSampler { Seed = seed },
        new SobolSampler { Seed = seed },
        new TpeSampler { Seed = seed },
        new TpeSampler { Seed = seed, ConstantLiar = true },
    ];
}
