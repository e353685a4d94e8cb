using DisBack.Contracts.Documents;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>The disks on which workers write their checkpoints fill up, first one of them, then all.</summary>
public sealed class DiskFaultTests() : FaultTests(new() { Workers = 2, ScratchMebibytes = 8 }, hosts: true)
{
    [Fact]
    public async Task A_full_disk_is_named_and_the_run_goes_on_elsewhere_or_when_there_is_room()
    {
        const int steps = 300;
        var (trial, worker) = await TrainAsync(steps);
        var other = Cluster.Workers.Single(each => each != worker);

        await Cluster.HostOf(worker)!.FillDiskAsync(worker.Scratch);
        var resumed = await ResumedAsync(trial, attempt: 2);
        await Cluster.HostOf(other)!.FillDiskAsync(other.Scratch);
        var waits = await TestCluster.UntilAsync(trial, update => update.Attempt > 2 && update.Status == RunStatus.Queued, Cancellation);
        var why = string.Join(' ', await trial.WhyAsync());
        await Cluster.HostOf(other)!.FreeDiskAsync(other.Scratch);

        Assert.Equal(other.Name, resumed.Silo);
        Assert.Equal(HeadBefore(trial, attempt: 2).Step, resumed.Step);
        Assert.Contains("No space left on", $"{waits.Reason} {why}", StringComparison.Ordinal);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, steps);
        Assert.All(run.Attempts[..2], attempt => Assert.Equal(FailureCause.Storage, attempt.Cause));
        Assert.Contains($"No space left on '{worker.Scratch}", run.Attempts[0].Message, StringComparison.Ordinal);
    }
}
