using DisBack.Orchestration.Training;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Training;

/// <summary>Checkpoints come after sqrt(2 C M) once something was lost, and never before the last one is stored.</summary>
public sealed class CheckpointPaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_interval_is_that_of_Young()
    {
        var pace = new CheckpointPace(TimeSpan.FromSeconds(50), _time);
        Assert.True(pace.IsDue);

        Store(pace, TimeSpan.FromSeconds(1));
        // Of the ten seconds from one checkpoint to the next, one has passed.
        _time.Advance(TimeSpan.FromSeconds(8.9));
        Assert.False(pace.IsDue);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(pace.IsDue);
    }

    [Fact]
    public void None_is_due_while_one_is_on_its_way_and_an_earlier_one_tells_nothing_of_it()
    {
        var pace = new CheckpointPace(TimeSpan.FromSeconds(1), _time);
        var first = pace.Taken();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(pace.IsDue);

        var second = pace.Taken();
        pace.Stored(first);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(pace.IsDue);
        pace.Stored(second);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(pace.IsDue);
    }

    [Fact]
    public void Where_nothing_was_lost_the_regular_ones_do()
    {
        var pace = new CheckpointPace(null, _time);
        Store(pace, TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromDays(1));

        Assert.False(pace.IsDue);
    }

    private void Store(CheckpointPace pace, TimeSpan cost)
    {
        var taken = pace.Taken();
        _time.Advance(cost);
        pace.Stored(taken);
    }
}
