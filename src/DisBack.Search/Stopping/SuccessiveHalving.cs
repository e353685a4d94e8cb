using DisBack.Search.Histories;

namespace DisBack.Search.Stopping;

/// <summary>
/// Asynchronous successive halving (Li et al., A system for massively parallel hyperparameter tuning, 2020), which stops trials and resumes none. There are
/// rungs at FirstRung * Factor^k. A trial that reaches a rung goes on if its value is among the best 1/Factor of the values that have reached the rung so far,
/// its own included, or the best of all where that is less than one.
/// </summary>
public sealed record SuccessiveHalving
{
    /// <summary>The resource at which trials are compared for the first time; finite and above 0.</summary>
    public double FirstRung { get; init; } = 1;

    /// <summary>One trial in so many passes a rung, and the next rung is so many times further; at least 2.</summary>
    public int Factor { get; init; } = 4;

    /// <summary>For each report whether its trial is to be pruned: the last answer is that for the newest report.</summary>
    /// <param name="direction">Which values are better.</param>
    /// <param name="reports">
    /// All reports of the sweep in the order of their arrival, which matters. A report counts at the rungs that its trial has reached since the last one.
    /// A value that is not a number at a rung ends the trial; a pruned trial stays pruned.
    /// </param>
    /// <exception cref="DisBackException">A setting or a report makes no sense.</exception>
    public IReadOnlyList<bool> Prune(Direction direction, IEnumerable<ProgressReport> reports)
    {
        if (!(FirstRung > 0 && double.IsFinite(FirstRung)) || Factor < 2)
        {
            throw new DisBackException(
                $"Successive halving has a first rung at {FirstRung} and a factor of {Factor}; give it a finite rung above 0 and a factor of at least 2.");
        }
        var sign = direction == Direction.Minimize ? 1 : -1;
        var rungs = new List<List<double>>();
        var reached = new Dictionary<long, int>();
        var pruned = new HashSet<long>();
        return [.. reports.Select(IsToBePruned)];

        bool IsToBePruned(ProgressReport report)
        {
            if (!double.IsFinite(report.Resource))
            {
                throw new DisBackException($"Trial {report.Trial} reports that it has come as far as {report.Resource}; report a finite number.");
            }
            for (var rung = reached.GetValueOrDefault(report.Trial); !pruned.Contains(report.Trial) && report.Resource >= Rung(rung); rung++)
            {
                reached[report.Trial] = rung + 1;
                if (double.IsNaN(report.Value) || !Passes(rung, sign * report.Value))
                {
                    pruned.Add(report.Trial);
                }
            }
            return pruned.Contains(report.Trial);
        }

        // Adds the value to those of the rung, which ascend.
        bool Passes(int rung, double value)
        {
            if (rung == rungs.Count)
            {
                rungs.Add([]);
            }
            var values = rungs[rung];
            var found = values.BinarySearch(value);
            values.Insert(found >= 0 ? found : ~found, value);
            return value <= values[Math.Max(0, values.Count / Factor - 1)];
        }
    }

    /// <summary>The resource at which trials are compared, from the rung 0 on.</summary>
    public double Rung(int index) => FirstRung * Math.Pow(Factor, index);
}
