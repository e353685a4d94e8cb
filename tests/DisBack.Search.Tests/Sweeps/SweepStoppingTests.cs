using DisBack.Search.Sweeps;
using DisBack.Specs.Sweeps;

namespace DisBack.Search.Tests.Sweeps;

/// <summary>Early stopping as the spec of a sweep says.</summary>
public sealed class SweepStoppingTests
{
    [Fact]
    public void Halving_has_rungs_without_end_and_lets_the_best_part_pass()
    {
        var rule = Of("rule: successive-halving, first: 10, factor: 2");
        Assert.Equal([10.0, 20.0, 40.0], Enumerable.Range(0, 3).Select(index => rule.Rung(index)!.Value));
        Assert.Equal(RungUnit.Steps, rule.Unit);
        // The first of all passes; of two, the better one does.
        Assert.False(rule.Prunes([], [5]));
        Assert.True(rule.Prunes([[5]], [6]));
        Assert.False(rule.Prunes([[5]], [4]));
        // At the second rung only those who came there count.
        Assert.False(rule.Prunes([[5], [4, 3]], [1, 2]));
        Assert.True(rule.Prunes([[5], [4, 3]], [1, 9]));
        Assert.True(rule.Prunes([], [double.NaN]));
    }

    [Fact]
    public void A_bound_has_one_rung_and_knows_which_side_is_better()
    {
        var rule = Of("rule: bound, at: 2, worst: 7, by: positions");
        Assert.Equal((2.0, null), (rule.Rung(0), rule.Rung(1)));
        Assert.Equal(RungUnit.Positions, rule.Unit);
        Assert.False(rule.Prunes([], [7]));
        Assert.True(rule.Prunes([], [7.5]));
        Assert.True(rule.Prunes([], [double.NaN]));
        Assert.True(Of("rule: bound, at: 2, worst: 0.5", "maximize").Prunes([], [0.4]));
    }

    [Fact]
    public void Without_a_rule_nothing_is_stopped() =>
        Assert.Null(SweepStopping.Of(new RandomSearch { Space = System.Collections.Immutable.ImmutableDictionary<string, Axis>.Empty }));

    private static SweepStopping Of(string rule, string goal = "minimize") => SweepStopping.Of(SweepPlan.Parse(
        $$"""
        name: swept
        teacher: digits
        search:
          sampler: random
          trials: 4
          objective: { metric: fid, goal: {{goal}} }
          stopping: { {{rule}} }
          space: { seed: [1, 2] }
        """,
        "sweep.yaml").Search)!;
}
