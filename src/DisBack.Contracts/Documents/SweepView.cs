using System.Collections.Immutable;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Contracts.Documents;

/// <summary>Where a search stands, as its documents tell.</summary>
public sealed record SweepView
{
    /// <summary>Sweep id.</summary>
    public required string Id { get; init; }

    /// <summary>What the user wants of all its trials.</summary>
    public required RunIntent Intent { get; init; }

    /// <summary>What the trials are compared by.</summary>
    public required Objective Objective { get; init; }

    /// <summary>When it was submitted first.</summary>
    public required DateTimeOffset Submitted { get; init; }

    /// <summary>How many trials it is to have.</summary>
    public required int Trials { get; init; }

    /// <summary>How many of them stand where; those that were pruned or not proposed yet are in no count.</summary>
    public required ImmutableSortedDictionary<RunStatus, int> Counts { get; init; }

    /// <summary>The complete trial with the best value; null before there is one.</summary>
    public required SweepTrial? Best { get; init; }

    /// <inheritdoc cref="SweepDocument.Exhausted"/>
    public required string? Exhausted { get; init; }

    /// <summary>How many were stopped early.</summary>
    public required int Pruned { get; init; }

    /// <summary>How many have a point.</summary>
    public int Proposed => Counts.Values.Sum() + Pruned;

    /// <summary>Whether nothing will happen without a new command.</summary>
    public required bool IsSettled { get; init; }

    /// <summary>The view of a search.</summary>
    /// <param name="sweep">Its document.</param>
    /// <param name="trials">Its trials so far.</param>
    public static SweepView Of(SweepDocument sweep, IReadOnlyCollection<SweepTrial> trials)
    {
        var search = SpecJson.FromJson<SearchSettings>(SpecJson.Sections(sweep.CurrentSpec)[SweepPlan.SearchKey]!.ToJsonString());
        var objective = search.Objective;
        var sign = objective.Goal == Goal.Minimize ? 1 : -1;
        return new SweepView
        {
            Id = sweep.Id,
            Intent = sweep.Intent,
            Objective = objective,
            Submitted = sweep.Submitted,
            Trials = sweep.TrialCount,
            Exhausted = sweep.Exhausted,
            Counts = trials.Where(trial => !trial.Pruned).CountBy(trial => trial.Status).ToImmutableSortedDictionary(),
            Pruned = trials.Count(trial => trial.Pruned),
            IsSettled = trials.All(trial => trial.Status.IsSettled() && (search.Stopping is null || trial.IsMeasured))
                && (sweep.Intent != RunIntent.Run || trials.Count >= sweep.TrialCount),
            Best = trials.Where(trial => trial is { Value: not null, Deleted: false }).MinBy(trial => sign * trial.Value!.Value),
        };
    }
}
