using System.Text.Json.Nodes;
using DisBack.Search.Histories;
using DisBack.Search.Samplers;
using DisBack.Search.Spaces;
using DisBack.Specs.Sweeps;

namespace DisBack.Search.Sweeps;

/// <summary>Proposes the points of a sweep, as its spec says.</summary>
public sealed class SweepSampler
{
    private readonly Sampler _sampler;
    private readonly SearchSpace _space;
    private readonly Direction _direction;

    /// <summary>The sampler of a plan.</summary>
    /// <param name="plan">The spec of the sweep.</param>
    /// <param name="earlier">Of an amended sweep, the points of the trials before the newest amendment: a grid goes on with those that they lack.</param>
    /// <exception cref="DisBackException">It cannot sample such a space.</exception>
    public SweepSampler(SweepPlan plan, IReadOnlyList<IReadOnlyDictionary<string, double>>? earlier = null)
    {
        _space = new SearchSpace(plan.Axes.Select(axis => ParameterOf(axis, plan.Search.Space)));
        _sampler = plan.Search switch
        {
            GridSearch => new GridSampler
            {
                Counts = plan.Axes.Where(axis => axis.Settings.Count is not null).ToDictionary(axis => axis.Key, axis => axis.Settings.Count!.Value),
            },
            RandomSearch random => new RandomSampler { Seed = random.Seed },
            SobolSearch sobol => new SobolSampler { Seed = sobol.Seed },
            TpeSearch tpe => new TpeSampler { Seed = tpe.Seed },
            var other => throw new NotSupportedException($"Nothing samples {other.GetType().Name}."),
        };
        if (_sampler is GridSampler grid && earlier is { Count: > 0 })
        {
            _sampler = new RestOfGrid(grid, earlier);
        }
        _direction = plan.Search.Objective.Goal == Goal.Minimize ? Direction.Minimize : Direction.Maximize;
        Total = Math.Min(plan.Search.Trials ?? SearchSettings.MostTrials, _sampler.CountPoints(_space) ?? SearchSettings.MostTrials);
    }

    /// <summary>How many trials the sweep has.</summary>
    public long Total { get; }

    /// <summary>Whether a proposal depends on the results of earlier trials.</summary>
    public bool Learns => _sampler is TpeSampler;

    /// <summary>The point of a trial: a coordinate for each axis that counts there.</summary>
    /// <param name="ordinal">Its number in the sweep, from 0.</param>
    /// <param name="known">The trials that it may know of.</param>
    public IReadOnlyDictionary<string, double> Propose(long ordinal, IReadOnlyList<TrialRecord> known) =>
        _sampler.Propose(_space, new History(_direction, known), ordinal);

    private static Parameter ParameterOf(SweepAxis axis, IReadOnlyDictionary<string, Axis> space)
    {
        var settings = axis.Settings;
        Domain domain = settings.Choices is { } choices ? new CategoricalDomain(choices.Count)
            : axis.IsWhole ? new IntegerDomain((long)settings.Low!, (long)settings.High!, settings.Log, (long)(settings.Step ?? 1))
            : new RealDomain(settings.Low!.Value, settings.High!.Value, settings.Log, settings.Step);
        return new Parameter(axis.Key, domain, settings.When is { } when ? ConditionOf(when.Single(), space) : null);
    }

    private static Condition ConditionOf(KeyValuePair<string, IReadOnlyList<JsonNode?>> when, IReadOnlyDictionary<string, Axis> space)
    {
        var meant = space[when.Key].Choices!.Index().Where(choice => when.Value.Any(value => JsonNode.DeepEquals(value, choice.Item)));
        return new Condition(when.Key, [.. meant.Select(choice => (double)choice.Index)]);
    }
}
