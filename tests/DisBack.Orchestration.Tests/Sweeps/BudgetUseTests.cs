using DisBack.Contracts.Documents;
using DisBack.Orchestration.Sweeps;
using DisBack.Specs.Sweeps;

namespace DisBack.Orchestration.Tests.Sweeps;

/// <summary>A budget is used by what trials train by their specs, and by those that were stopped early only up to there, once that may be known.</summary>
public sealed class BudgetUseTests
{
    private static readonly TrialCost s_cost = new(100, 800);

    [Theory]
    [InlineData(300, null)]
    [InlineData(299, "Its budget of 299 steps is used: its trials take 200, and the next one would take 100.")]
    public void Steps(long budget, string? expected) =>
        Assert.Equal(expected, Use(0, Trial(0), Trial(1)).ExhaustedBy(new SweepBudget { Steps = budget }, s_cost));

    [Theory]
    [InlineData(2400, null)]
    [InlineData(2399, "Its budget of 2399 images is used: its trials take 1600, and the next one would take 800.")]
    public void Images(long budget, string? expected) =>
        Assert.Equal(expected, Use(0, Trial(0), Trial(1)).ExhaustedBy(new SweepBudget { Images = budget }, s_cost));

    [Theory]
    [InlineData(0, 299, true)]
    [InlineData(1, 299, false)]
    [InlineData(1, 220, false)]
    [InlineData(1, 219, true)]
    public void What_was_stopped_early_counts_up_to_there_if_the_next_trial_may_know_it(int known, long budget, bool exhausted)
    {
        var use = Use(known, Trial(0) with { Pruned = true, PrunedAt = 20, Status = RunStatus.Cancelled, Step = 27 }, Trial(1));
        Assert.Equal(exhausted, use.ExhaustedBy(new SweepBudget { Steps = budget }, s_cost) is not null);
        Assert.Equal(exhausted, use.ExhaustedBy(new SweepBudget { Images = 8 * budget }, s_cost) is not null);
    }

    [Fact]
    public void Seconds_are_measured()
    {
        var use = Use(0, Trial(0) with { Seconds = 2 }, Trial(1) with { Seconds = 0.5 });
        Assert.Null(use.ExhaustedBy(new SweepBudget { DeviceSeconds = 2.6 }, null));
        Assert.Equal(
            "Its budget of 2.5 device-seconds is used: its trials have had slots for 2.5 s.", use.ExhaustedBy(new SweepBudget { DeviceSeconds = 2.5 }, null));
        Assert.Null(use.ExhaustedBy(new SweepBudget { WallSeconds = 31 }, null));
        Assert.Equal("Its budget of 30 s is used: it was submitted 30 s ago.", use.ExhaustedBy(new SweepBudget { WallSeconds = 30 }, null));
    }

    private static BudgetUse Use(int known, params SweepTrial[] trials) => new(trials, known, TimeSpan.FromSeconds(30));

    private static SweepTrial Trial(int ordinal) => new() { Ordinal = ordinal, Cost = s_cost };
}
