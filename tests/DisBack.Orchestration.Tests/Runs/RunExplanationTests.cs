using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;

namespace DisBack.Orchestration.Tests.Runs;

/// <summary>What people read when they ask why a run does not train, word for word.</summary>
public sealed class RunExplanationTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.Parse("2026-01-02T03:04:05Z", CultureInfo.InvariantCulture);
    private static readonly Attempt s_attempt = new() { Number = 3, Started = s_now, DeviceName = "worker-1 cuda:0" };
    private static readonly RunRecord s_run = new() { Status = RunStatus.Running, Steps = 600, Checkpoints = [new(new ContentRef("aa", 1), 50)] };

    [Theory]
    [InlineData(RunStatus.Running, RunIntent.Run, "trains")]
    [InlineData(RunStatus.Starting, RunIntent.Run, "starts")]
    [InlineData(RunStatus.Running, RunIntent.Pause, "stops after its next checkpoint")]
    [InlineData(RunStatus.Running, RunIntent.Cancel, "stops at its next step")]
    public void With_an_attempt(RunStatus status, RunIntent intent, string does)
    {
        var run = s_run with { Status = status, Intent = intent };

        Assert.Equal(
            [$"Attempt 3 {does} on worker-1 cuda:0, at step 58 of 600.", "Its last heartbeat was 2 s ago."],
            RunExplanation.OfAttempt(run, s_attempt, new TrainingSnapshot { Step = 58 }, TimeSpan.FromSeconds(2)));
        Assert.Equal(
            [$"Attempt 3 {does} on worker-1 cuda:0, at step 50 of 600.", "Its owner has just woken and asks for it."],
            RunExplanation.OfAttempt(run, s_attempt, new TrainingSnapshot(), sinceHeartbeat: null));
    }

    [Fact]
    public void Between_two_attempts()
    {
        var failed = s_attempt with { Ended = s_now, Cause = FailureCause.Storage };
        var run = s_run with
        {
            Status = RunStatus.Queued,
            Failures = 2,
            Attempts = [failed, failed],
            RetryAt = s_now.AddSeconds(30),
            Reason = "Tries again after: the disk is full.",
        };

        Assert.Equal(
            [
                "It waits until 03:04:35 UTC (in 30 s) for its next attempt; 'resume' starts it at once.",
                "Failures in a row: 2 (storage); after 10 it is given up.",
                "Tries again after: the disk is full.",
            ],
            RunExplanation.OfRetry(run, new RetryOptions(), s_now));
    }
}
