using DisBack.Contracts.Documents;
using DisBack.Gateway.Notifications;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>What counts as told, and for how long that is remembered.</summary>
public sealed class RuleStateTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Changes_up_to_the_last_one_are_told_and_later_ones_are_not_whatever_the_clocks_say()
    {
        var state = new RuleState();
        state.Tell(Run(7, minutes: 0));
        Assert.True(state.HasTold(Run(7, minutes: 0)));
        Assert.True(state.HasTold(Run(3, minutes: -10)));
        // Of an owner on another machine, whose clock is behind.
        Assert.False(state.HasTold(Run(8, minutes: -1)));
        state.Tell(Run(8, minutes: -1));
        Assert.True(state.HasTold(Run(7, minutes: 0)));
        Assert.False(state.HasTold(Run(8, minutes: 0, name: "other")));
    }

    [Fact]
    public void A_namesake_of_what_was_deleted_counts_from_one_again_and_is_told_under_ids_of_its_own()
    {
        var state = new RuleState();
        state.Tell(Run(7, minutes: 0));
        Assert.False(state.HasTold(Run(1, minutes: 5)));
        state.Tell(Run(1, minutes: 5));
        Assert.True(state.HasTold(Run(1, minutes: 5)));
        Assert.False(state.HasTold(Run(2, minutes: 6)));

        Assert.NotEqual(Run(1, minutes: 0).IdFor("chat"), Run(1, minutes: 5).IdFor("chat"));
        Assert.NotEqual(Run(1, minutes: 0).IdFor("chat"), Run(1, minutes: 0).IdFor("mail"));
        Assert.Equal(Run(1, minutes: 0).IdFor("chat"), Run(1, minutes: 0).IdFor("chat"));
        Assert.NotEqual(Sweep(1, minutes: 0).IdFor("chat"), (Sweep(1, minutes: 0) with { Origin = s_noon.AddDays(1) }).IdFor("chat"));
        Assert.Equal(Sweep(1, minutes: 0).IdFor("chat"), Sweep(1, minutes: 9).IdFor("chat"));
    }

    [Fact]
    public void What_is_before_the_floor_is_forgotten_and_the_floor_never_sinks()
    {
        var state = new RuleState { Sweeps = [] };
        state.Tell(Run(1, minutes: 0));
        state.Tell(Run(1, minutes: 10, name: "other"));
        state.Tell(Sweep(1, minutes: 0));

        state.Raise(s_noon.AddMinutes(5));
        state.Raise(s_noon);

        Assert.Equal(s_noon.AddMinutes(5), state.Floor);
        Assert.Equal(["runs/other/0000"], state.Told.Keys);
        Assert.True(state.HasTold(Sweep(1, minutes: 0)));
        Assert.False(state.HasTold(Sweep(2, minutes: 0)));
    }

    private static Change Run(long number, int minutes, string name = "run") =>
        new(Subject.Runs, $"{name}/0000", number, s_noon.AddMinutes(minutes), RunStatus.Completed) { Origin = s_noon.AddMinutes(minutes) };

    private static Change Sweep(long number, int minutes) =>
        new(Subject.Sweeps, "sweep", number, s_noon.AddMinutes(minutes), RunStatus.Completed) { Origin = s_noon };
}
