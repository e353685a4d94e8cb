using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// The trials that count, divided: the best tenth, at most 25, and the rest. Complete trials are ordered by value; pruned ones come behind them all, those that
/// came further first, then by value; running ones, if they count, come last.
/// </summary>
/// <param name="Good">The better trials, the oldest first.</param>
/// <param name="Rest">All others, the oldest first.</param>
/// <param name="Finished">How many have completed or were pruned.</param>
internal sealed record TrialSplit(IReadOnlyList<TrialRecord> Good, IReadOnlyList<TrialRecord> Rest, int Finished)
{
    private const double GoodShare = 0.1;
    private const int MostGood = 25;

    public static TrialSplit Of(History history, bool countRunning)
    {
        var sign = history.Direction == Direction.Minimize ? 1 : -1;
        TrialRecord[] trials = [.. ByOrdinal(history.Trials).Where(trial => Counts(trial.Outcome))];
        var finished = trials.Count(trial => trial.Outcome is not RunningOutcome);
        var goodCount = Math.Min((int)Math.Ceiling(GoodShare * finished), MostGood);
        var ranks = Array.ConvertAll(trials, trial => Rank(trial.Outcome));
        // Stable: of equal trials the older one is the better.
        var best = Enumerable.Range(0, trials.Length).OrderBy(i => ranks[i].Group).ThenBy(i => ranks[i].Value).Take(goodCount).ToHashSet();
        return new([.. trials.Where((_, i) => best.Contains(i))], [.. trials.Where((_, i) => !best.Contains(i))], finished);

        bool Counts(TrialOutcome outcome) => outcome switch
        {
            CompleteOutcome complete => !double.IsNaN(complete.Value),
            PrunedOutcome => true,
            RunningOutcome => countRunning,
            _ => false,
        };

        (double Group, double Value) Rank(TrialOutcome outcome) => outcome switch
        {
            CompleteOutcome complete => (double.NegativeInfinity, sign * complete.Value),
            PrunedOutcome pruned => (-pruned.Step, double.IsNaN(pruned.Value) ? double.PositiveInfinity : sign * pruned.Value),
            _ => (double.PositiveInfinity, 0),
        };
    }

    private static TrialRecord[] ByOrdinal(IReadOnlyList<TrialRecord> history)
    {
        TrialRecord[] trials = [.. history];
        var ordinals = Array.ConvertAll(trials, trial => trial.Ordinal);
        Array.Sort(ordinals, trials);
        for (var i = 1; i < ordinals.Length; i++)
        {
            if (ordinals[i] == ordinals[i - 1])
            {
                throw new DisBackException($"The history has trial {ordinals[i]} more than once; give its last state alone.");
            }
        }
        return trials;
    }

    /// <summary>The values of a parameter in the trials in which it was active.</summary>
    public static double[] ValuesOf(Parameter parameter, IReadOnlyList<TrialRecord> trials)
    {
        var values = new List<double>(trials.Count);
        foreach (var trial in trials)
        {
            if (!trial.Point.TryGetValue(parameter.Name, out var value))
            {
                continue;
            }
            if (!parameter.Domain.Covers(value))
            {
                throw new DisBackException(
                    $"Trial {trial.Ordinal} of the history has '{parameter.Name}' = {value}, which the search space excludes; give a history of this space.");
            }
            values.Add(value);
        }
        return [.. values];
    }
}
