using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using Microsoft.Extensions.Logging.Abstractions;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>A reminder is there as long as a run is unfinished, and a server that is away fails nobody.</summary>
public sealed class RunReminderTests
{
    private static readonly RunAttempt s_attempt = new(RunKind.Teacher, "mine", 1);

    private readonly FakeReminders _server = new();

    [Fact]
    public async Task It_is_registered_once_and_removed_once()
    {
        var reminder = Create();

        await reminder.EnsureAsync(s_attempt);
        await reminder.EnsureAsync(s_attempt);
        await reminder.ReleaseAsync(s_attempt);
        await reminder.ReleaseAsync(s_attempt);

        Assert.Equal(["register supervise 00:01:00", "remove supervise"], _server.Calls);
    }

    [Fact]
    public async Task It_is_registered_later_when_the_server_is_away()
    {
        var reminder = Create();

        _server.IsAway = true;
        await reminder.EnsureAsync(s_attempt);
        _server.IsAway = false;
        await reminder.EnsureAsync(s_attempt);

        Assert.Equal(["register supervise 00:01:00"], _server.Calls);
    }

    [Fact]
    public async Task What_could_not_be_removed_is_removed_at_its_next_tick()
    {
        var reminder = Create();
        await reminder.EnsureAsync(s_attempt);

        _server.IsAway = true;
        await reminder.ReleaseAsync(s_attempt);
        _server.IsAway = false;
        await reminder.RemoveAsync();
        await reminder.RemoveAsync();

        Assert.Equal("remove supervise", Assert.Single(_server.Calls.Skip(1)));
    }

    private RunReminder Create() => new(_server, GrainId.Create("teacher", "mine"), NullLogger.Instance);
}
