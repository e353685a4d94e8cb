using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>What a watch yields, and when.</summary>
public sealed class RunFeedTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_watch_yields_the_events_after_its_number_and_ends_when_the_run_has_settled()
    {
        var feed = new RunFeed(_time);
        feed.Show(Run(RunStatus.Running, 1, 2, 3), trouble: null);
        await using var watch = feed.WatchAsync(1, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        await watch.MoveNextAsync();
        var first = watch.Current;
        var next = watch.MoveNextAsync();
        var waits = !next.IsCompleted;
        feed.Show(Run(RunStatus.Completed, 1, 2, 3, 4), trouble: null);
        await next;
        var second = watch.Current;

        Assert.Equal([2L, 3L], first.Events.Select(happened => happened.Sequence));
        Assert.True(waits);
        Assert.Equal([4L], second.Events.Select(happened => happened.Sequence));
        Assert.False(await watch.MoveNextAsync());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public async Task A_watcher_learns_that_events_it_has_not_seen_are_forgotten(long seen, bool reset)
    {
        var feed = new RunFeed(_time);
        feed.Show(Run(RunStatus.Paused, 5, 6), trouble: null);

        var update = await feed.WatchAsync(seen, TestContext.Current.CancellationToken).FirstAsync(TestContext.Current.CancellationToken);

        Assert.Equal(reset, update.Reset);
    }

    [Fact]
    public async Task A_quiet_run_yields_once_a_second_and_a_snapshot_at_once()
    {
        var feed = new RunFeed(_time);
        feed.Show(Run(RunStatus.Running, 1), trouble: null);
        await using var watch = feed.WatchAsync(0, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await watch.MoveNextAsync();

        var quiet = watch.MoveNextAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await quiet;
        var none = watch.Current.Events;
        var next = watch.MoveNextAsync();
        feed.Show(new TrainingSnapshot { Step = 7 });
        await next;

        Assert.Empty(none);
        Assert.Equal(7, watch.Current.Progress.Step);
    }

    [Fact]
    public async Task Trouble_with_writing_takes_the_place_of_the_reason()
    {
        var feed = new RunFeed(_time);
        feed.Show(Run(RunStatus.Paused, 1) with { Reason = "Its own reason." }, "The disk is full.");

        Assert.Equal(
            "The disk is full.",
            (await feed.WatchAsync(0, TestContext.Current.CancellationToken).FirstAsync(TestContext.Current.CancellationToken)).Reason);
    }

    private static RunRecord Run(RunStatus status, params long[] events) => new()
    {
        Status = status,
        Sequence = events[^1],
        Events = [.. events.Select(number => new RunEvent { Sequence = number, At = default, Kind = RunEventKind.Note, Status = status })],
    };
}
