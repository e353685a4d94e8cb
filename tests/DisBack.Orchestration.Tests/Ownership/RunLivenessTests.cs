using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>When an attempt counts as lost, and when its owner cannot know.</summary>
public sealed class RunLivenessTests
{
    private static readonly RunAttempt s_attempt = new(RunKind.Teacher, "mine", 1);

    private readonly FakeTimeProvider _time = new();
    private readonly TrainingOptions _options = new() { Stale = TimeSpan.FromSeconds(45), Supervise = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task An_attempt_is_lost_when_its_last_heartbeat_is_too_long_ago()
    {
        var liveness = Create(new FakeMembership());
        liveness.Renew();

        _time.Advance(TimeSpan.FromSeconds(45));
        var intime = await FindAsync(liveness, NotAsked);
        _time.Advance(TimeSpan.FromSeconds(1));
        var late = await FindAsync(liveness, NotAsked);

        Assert.Null(intime);
        Assert.Equal("No heartbeat for 45 s.", late);
    }

    [Fact]
    public async Task An_attempt_on_a_dead_silo_is_lost_whatever_its_last_heartbeat()
    {
        var liveness = Create(new FakeMembership { Status = SiloStatus.Dead });
        liveness.Renew();

        Assert.Equal("The cluster has declared its silo dead.", await FindAsync(liveness, NotAsked));
    }

    [Fact]
    public async Task Without_a_heartbeat_yet_the_trainer_is_asked_and_its_answer_counts_as_one()
    {
        var running = Create(new FakeMembership());
        var gone = Create(new FakeMembership());

        Assert.Null(await FindAsync(running, () => Task.FromResult(true)));
        Assert.Equal(TimeSpan.Zero, running.SinceHeartbeat);
        Assert.Equal("The process that ran it is gone.", await FindAsync(gone, () => Task.FromResult(false)));
    }

    [Fact]
    public async Task A_silo_that_the_cluster_does_not_know_is_looked_up_before_its_attempt_is_lost()
    {
        var joined = Create(new FakeMembership { Status = SiloStatus.None, Refreshed = SiloStatus.Active });
        var unknown = Create(new FakeMembership { Status = SiloStatus.None });

        Assert.Null(await FindAsync(joined, () => Task.FromResult(true)));
        Assert.Equal("The process that ran it is gone.", await FindAsync(unknown, NotAsked));
    }

    [Fact]
    public async Task A_trainer_that_cannot_be_asked_has_the_full_time_for_a_heartbeat()
    {
        var liveness = Create(new FakeMembership());

        Assert.Null(await FindAsync(liveness, () => throw new TimeoutException()));
        _time.Advance(TimeSpan.FromSeconds(46));
        Assert.Equal("No heartbeat for 45 s.", await FindAsync(liveness, NotAsked));
    }

    [Fact]
    public void An_owner_that_was_away_itself_does_not_count_that_time()
    {
        var liveness = Create(new FakeMembership());
        liveness.Renew();
        liveness.EndCheck();

        _time.Advance(TimeSpan.FromSeconds(15));
        liveness.BeginCheck();
        var punctual = liveness.SinceHeartbeat;
        _time.Advance(TimeSpan.FromSeconds(1));
        liveness.BeginCheck();
        var frozen = liveness.SinceHeartbeat;
        liveness.Forget();
        liveness.BeginCheck();

        Assert.Equal((TimeSpan.FromSeconds(15), TimeSpan.Zero), (punctual!.Value, frozen!.Value));
        Assert.Null(liveness.SinceHeartbeat);
    }

    private RunLiveness Create(FakeMembership membership) => new(membership, _options, _time, NullLogger.Instance);

    private static Task<string?> FindAsync(RunLiveness liveness, Func<Task<bool>> isRunning) =>
        liveness.FindLossAsync(s_attempt, FakeMembership.Worker, isRunning);

    private static Task<bool> NotAsked() => throw new InvalidOperationException("The trainer must not be asked.");
}
