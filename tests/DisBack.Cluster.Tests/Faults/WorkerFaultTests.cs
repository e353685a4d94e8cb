using DisBack.Contracts.Documents;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>The process that trains dies, hangs, comes back from the dead, or is asked to go.</summary>
public sealed class WorkerFaultTests() : FaultTests(new())
{
    [Fact]
    public async Task A_killed_worker_is_replaced_by_another_that_goes_on_from_the_head_checkpoint()
    {
        var (trial, worker) = await TrainAsync(300);

        await worker.KillAsync();
        var resumed = await ResumedAsync(trial, attempt: 2);

        Assert.NotEqual(worker.Name, resumed.Silo);
        Assert.Equal(HeadBefore(trial, attempt: 2).Step, resumed.Step);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, 300);
        Assert.Equal(FailureCause.Lost, run.Attempts[0].Cause);
    }

    [Fact]
    public Task A_frozen_worker_is_replaced_and_when_it_thaws_nothing_it_says_counts() => FreezeAsync(steps: 300, TimeSpan.Zero);

    [Fact]
    public async Task A_worker_that_is_asked_to_go_leaves_a_checkpoint_behind_and_no_alarm()
    {
        var (trial, worker) = await TrainAsync(300);

        Assert.Equal(0, await worker.TerminateAsync().WaitAsync(TimeSpan.FromMinutes(2), Cancellation));
        var resumed = await ResumedAsync(trial, attempt: 2);

        Assert.Equal(HeadBefore(trial, attempt: 2).Step, resumed.Step);
        Assert.DoesNotContain("\"LogLevel\":\"Error\"", worker.LastLines, StringComparison.Ordinal);
        Assert.DoesNotContain("\"LogLevel\":\"Critical\"", worker.LastLines, StringComparison.Ordinal);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, 300);
        Assert.Equal(FailureCause.Stopped, run.Attempts[0].Cause);
        Assert.Equal(0, run.Failures);
    }
}
