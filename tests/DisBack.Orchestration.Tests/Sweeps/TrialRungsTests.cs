using DisBack.Contracts.Documents;
using DisBack.Orchestration.Sweeps;
using DisBack.Search.Sweeps;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Metrics;

namespace DisBack.Orchestration.Tests.Sweeps;

/// <summary>What counts at a rung is the first evaluation at or after it, in steps or in positions on the trajectory.</summary>
public sealed class TrialRungsTests
{
    private static readonly MetricHistory s_history = new(
        [
            Point(0, "fid", 100), Point(10, "loss/fake", 1), Point(10, "fid/quick", 50), Point(25, "fid/quick", 40), Point(30, "fid/quick", 30),
            Point(90, "fid/quick", 20), Point(95, "fid", 19),
        ],
        []);

    /// <summary>Two nodes on, one back, and on again.</summary>
    private static readonly SwitchRecord[] s_switches = [new(8, 5, 4, null), new(24, 4, 3, null), new(26, 3, 4, null), new(80, 4, 2, null)];

    [Fact]
    public void Steps() => Assert.Equal([new(10, 50), new(25, 40), new(90, 20), new(90, 20)], Read("steps", 10));

    [Fact]
    public void Positions_count_the_nodes_from_the_first_target_and_none_that_was_lost_again() =>
        Assert.Equal([new(10, 50), new(25, 40)], Read("positions", 1));

    [Fact]
    public void Whoever_has_measured_nothing_has_reached_nothing() =>
        Assert.Empty(TrialRungs.Read(Rule("steps", 10), "fid", new MetricHistory([], []), []));

    private static List<RungValue> Read(string unit, int first) => TrialRungs.Read(Rule(unit, first), "fid", s_history, s_switches);

    private static SweepStopping Rule(string unit, int first) => SweepStopping.Of(SweepPlan.Parse(
        $$"""
        name: swept
        teacher: digits
        search:
          sampler: random
          trials: 4
          stopping: { rule: successive-halving, by: {{unit}}, first: {{first}}, factor: 2 }
          space: { seed: [1, 2] }
        """,
        "sweep.yaml").Search)!;

    private static MetricPoint Point(long step, string name, double value) => new(step, name, value, default);
}
