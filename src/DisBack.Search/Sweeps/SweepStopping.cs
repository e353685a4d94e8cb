using DisBack.Search.Histories;
using DisBack.Search.Stopping;
using DisBack.Specs.Sweeps;

namespace DisBack.Search.Sweeps;

/// <summary>Which trials of a sweep end early, as its spec says.</summary>
public sealed class SweepStopping
{
    private readonly StoppingSettings _settings;
    private readonly Direction _direction;

    private SweepStopping(StoppingSettings settings, Direction direction) => (_settings, _direction) = (settings, direction);

    /// <summary>What rungs are counted in.</summary>
    public RungUnit Unit => _settings.By;

    private SuccessiveHalving? Halving =>
        _settings is SuccessiveHalvingStopping halving ? new SuccessiveHalving { FirstRung = halving.First, Factor = halving.Factor } : null;

    /// <summary>The rule of a sweep; null where every trial trains to its end.</summary>
    public static SweepStopping? Of(SearchSettings search) => search.Stopping is { } settings
        ? new SweepStopping(settings, search.Objective.Goal == Goal.Minimize ? Direction.Minimize : Direction.Maximize)
        : null;

    /// <summary>Where a rung is, from 0; null after the last one.</summary>
    public double? Rung(int index) => (_settings, Halving) switch
    {
        (BoundStopping bound, _) => index == 0 ? bound.At : null,
        (_, { } halving) => halving.Rung(index),
        _ => throw new NotSupportedException($"Nothing stops trials by {_settings.GetType().Name}."),
    };

    /// <summary>Whether a trial ends at the last rung that it has reached.</summary>
    /// <param name="known">What the trials that it is compared with had at their rungs, in the order of their ordinals.</param>
    /// <param name="own">What it has at its own, at least one value.</param>
    public bool Prunes(IReadOnlyList<IReadOnlyList<double>> known, IReadOnlyList<double> own)
    {
        if (_settings is BoundStopping bound)
        {
            return !(_direction == Direction.Minimize ? own[^1] <= bound.Worst : own[^1] >= bound.Worst);
        }
        var reports = known.Append(own).SelectMany((values, trial) => values.Select((value, rung) => new ProgressReport(trial, Rung(rung)!.Value, value)));
        return Halving!.Prune(_direction, reports)[^1];
    }
}
