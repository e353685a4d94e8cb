using DisBack.Distillation.Backtracking;
using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Tests.Backtracking;

/// <summary>The numbers that switching policies decide from.</summary>
public sealed class GapTrackerTests
{
    [Fact]
    public void The_average_begins_at_the_first_gap_and_moves_a_fifth_of_the_way_to_each_next_one()
    {
        var first = default(GapTracker).After(7, 1);
        var second = first.After(8, 0.5);
        var still = second.After(9, null);

        Assert.Equal(new SwitchingState(7, 1, 1, 1, 1, 0), first.State);
        Assert.Equal(new SwitchingState(8, 2, 0.9, 0.9, 0.9, 0), second.State);
        // Where the generator did not move there is no gap, but time goes on.
        Assert.Equal(new SwitchingState(9, 3, 0.9, 0.9, 0.9, 1), still.State);
    }

    [Theory]
    [InlineData(0.91, 0.982, 1, 1)]
    [InlineData(0.89, 0.978, 0.978, 0)]
    public void A_fall_of_less_than_two_percent_is_not_noticed(double gap, double average, double best, long sinceBest)
    {
        var state = default(GapTracker).After(0, 1).After(1, gap).State;

        Assert.Equal(average, state.Gap, 1e-12);
        Assert.Equal(best, state.BestGap, 1e-12);
        Assert.Equal(sinceBest, state.SinceBest);
    }

    [Fact]
    public void The_peak_is_the_largest_average_since_the_last_iteration_of_the_warm_up()
    {
        // The average of the warm-up begins at 9 and has fallen when it ends; the peak is what comes after.
        double[] gaps = [9, 1, 1, 1, 1, 20, 0, 0];
        var averages = new List<double>();
        var peaks = new List<double>();
        var tracker = default(GapTracker);
        foreach (var gap in gaps)
        {
            tracker = tracker.After(averages.Count, gap);
            averages.Add(tracker.State.Gap);
            peaks.Add(tracker.State.PeakGap);
        }

        Assert.Equal(averages[..SwitchingState.WarmUp], peaks[..SwitchingState.WarmUp]);
        Assert.True(averages[SwitchingState.WarmUp] > averages[SwitchingState.WarmUp - 1]);
        Assert.All(peaks[SwitchingState.WarmUp..], peak => Assert.Equal(averages[SwitchingState.WarmUp], peak));
    }

    [Fact]
    public void After_a_switch_only_the_iteration_is_left()
    {
        var tracker = default(GapTracker).After(0, 1).After(1, 2).After(2, 3);

        Assert.Equal(new SwitchingState(2, 0, 0, 0, 0, 0), tracker.Restarted().State);
    }
}
