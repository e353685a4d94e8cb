using DisBack.Search.Histories;
using DisBack.Search.Stopping;

namespace DisBack.Search.Tests.Stopping;

/// <summary>The rules of halving that the reports of the oracle do not show.</summary>
public sealed class SuccessiveHalvingTests
{
    private static readonly SuccessiveHalving s_halving = new() { FirstRung = 2, Factor = 2 };

    [Fact]
    public void Decisions_follow_from_the_reports_so_far()
    {
        var random = new Random(4);
        List<ProgressReport> reports = [.. Enumerable.Range(0, 200).Select(i => new ProgressReport(random.Next(30), i / 8, random.Next(20)))];
        var all = s_halving.Prune(Direction.Minimize, reports);
        Assert.Contains(true, all);
        for (var i = 1; i <= reports.Count; i++)
        {
            Assert.Equal(all[i - 1], s_halving.Prune(Direction.Minimize, reports.Take(i))[^1]);
        }
        Assert.Equal(all, s_halving.Prune(Direction.Maximize, reports.Select(report => report with { Value = -report.Value })));
    }

    [Fact]
    public void A_pruned_trial_stays_pruned_and_a_repeated_report_changes_nothing()
    {
        ProgressReport[] reports = [new(0, 2, 1), new(0, 2, 1), new(1, 2, 5), new(1, 4, 0), new(2, 2, 0.5), new(2, 2, 0.5)];
        Assert.Equal([false, false, true, true, false, false], s_halving.Prune(Direction.Minimize, reports));
    }

    [Fact]
    public void A_value_that_is_not_a_number_ends_a_trial_at_a_rung()
    {
        ProgressReport[] reports = [new(0, 1, double.NaN), new(0, 2.5, double.NaN), new(1, 2, 3)];
        Assert.Equal([false, true, false], s_halving.Prune(Direction.Minimize, reports));
    }

    [Fact]
    public void A_trial_that_passes_several_rungs_at_once_is_compared_at_each()
    {
        ProgressReport[] reports = [new(0, 2, 3), new(1, 100, 2), new(2, 8, 1), new(3, 8, 1.5)];
        // The last one is the second of four at the first rung, and the second of three at the next.
        Assert.Equal([false, false, false, true], s_halving.Prune(Direction.Minimize, reports));
    }

    [Fact]
    public void Settings_and_reports_that_make_no_sense_are_refused()
    {
        Assert.Throws<DisBackException>(() => new SuccessiveHalving { FirstRung = 0 }.Prune(Direction.Minimize, []));
        Assert.Throws<DisBackException>(() => new SuccessiveHalving { Factor = 1 }.Prune(Direction.Minimize, []));
        Assert.Throws<DisBackException>(() => s_halving.Prune(Direction.Minimize, [new(0, double.PositiveInfinity, 1)]));
    }
}
