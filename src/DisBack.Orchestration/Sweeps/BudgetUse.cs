using DisBack.Contracts.Documents;
using DisBack.Specs.Sweeps;

namespace DisBack.Orchestration.Sweeps;

/// <summary>How much of the budget of a sweep its trials have used, as far as the next one may know.</summary>
/// <param name="trials">The trials that have begun.</param>
/// <param name="known">How many of them, from the first on, the next one knows the ends of: the others count in full, however they have ended by now.</param>
/// <param name="age">The time since the sweep was submitted.</param>
internal sealed class BudgetUse(IReadOnlyList<SweepTrial> trials, int known, TimeSpan age)
{
    /// <summary>Why no trial may begin any more, in one sentence; null if the next one may.</summary>
    /// <param name="budget">What the trials may use together.</param>
    /// <param name="next">What the next one would train; null where the budget does not count that.</param>
    public string? ExhaustedBy(SweepBudget budget, TrialCost? next)
    {
        if (budget.Steps is { } steps && Used(cost => cost.Steps) is var made && made + next!.Steps > steps)
        {
            return Trained("steps", steps, made, next.Steps);
        }
        if (budget.Images is { } images && Used(cost => cost.Images) is var drawn && drawn + next!.Images > images)
        {
            return Trained("images", images, drawn, next.Images);
        }
        if (budget.DeviceSeconds is { } seconds && trials.Sum(trial => trial.Seconds) is var busy && busy >= seconds)
        {
            return FormattableString.Invariant($"Its budget of {seconds} device-seconds is used: its trials have had slots for {busy:0.#} s.");
        }
        return budget.WallSeconds is { } wall && age.TotalSeconds >= wall
            ? FormattableString.Invariant($"Its budget of {wall} s is used: it was submitted {age.TotalSeconds:0.#} s ago.")
            : null;
    }

    private static string Trained(string unit, long budget, long used, long next) => FormattableString.Invariant(
        $"Its budget of {budget} {unit} is used: its trials take {used}, and the next one would take {next}.");

    private long Used(Func<TrialCost, long> part) => trials.Sum(trial => trial.Cost is not { } cost ? 0
        : trial.Pruned && trial.Ordinal < known && cost.Steps > 0 ? part(cost) / cost.Steps * Math.Min(trial.PrunedAt, cost.Steps)
        : part(cost));
}
