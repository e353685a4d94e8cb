using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>
/// One of two workers that train a run together dies, or is asked to go, and a third is there: the student is that of one process that computes the parts of
/// both, to which nothing happens.
/// </summary>
public sealed class GroupFaultTests() : FaultTests(new() { Workers = 3 })
{
    private const int Steps = 200;

    [Fact]
    public async Task A_killed_worker_of_two_is_replaced_and_nothing_is_lost()
    {
        var (run, killed) = await KillAsync(leads: false);

        Assert.Equal($"{killed.Name} cpu, which trains it as worker 1, is gone.", run.Attempts[0].Message);
    }

    [Fact, Trait("Length", "Long")]
    public Task A_killed_worker_that_leads_is_replaced_and_nothing_is_lost() => KillAsync(leads: true);

    [Fact, Trait("Length", "Long")]
    public async Task A_worker_of_two_that_is_asked_to_go_has_the_other_leave_a_checkpoint()
    {
        var (trial, leader) = await TrainAsync(Steps);
        var follower = await FollowerAsync(trial, leader);

        Assert.Equal(0, await follower.TerminateAsync().WaitAsync(
            TimeSpan.Parse(TestClusterOptions.Quick["Training:Drain"], CultureInfo.InvariantCulture) + TimeSpan.FromSeconds(20), Cancellation));
        var resumed = await ResumedAsync(trial, attempt: 2);

        Assert.Equal(HeadBefore(trial, attempt: 2).Step, resumed.Step);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, Steps);
        Assert.Equal((FailureCause.Stopped, "The worker is shutting down."), (run.Attempts[0].Cause, run.Attempts[0].Message));
        Assert.Equal(0, run.Failures);
        Assert.True(leader.IsRunning);
    }

    protected override ExperimentSpec Spec(ContentRef teacher, int steps)
    {
        var spec = base.Spec(teacher, steps);
        return spec with
        {
            Backtracking = new Dmd2Settings
            {
                Steps = steps,
                Batch = spec.Backtracking.Batch,
                GeneratorGanWeight = 0,
                FakeGanWeight = 0,
                Switching = spec.Backtracking.Switching,
                CollapseThreshold = 0,
            },
            Hardware = spec.Hardware with { Workers = 2 },
        };
    }

    private IAcceleratorPoolGrain Pool => Cluster.Grains.GetGrain<IAcceleratorPoolGrain>(GrainKeys.Pool);

    private async Task<(RunRecord Run, SiloProcess Killed)> KillAsync(bool leads)
    {
        var (trial, leader) = await TrainAsync(Steps);
        var killed = leads ? leader : await FollowerAsync(trial, leader);

        await killed.KillAsync();
        var resumed = await ResumedAsync(trial, attempt: 2);

        Assert.NotEqual(killed.Name, resumed.Silo);
        Assert.Equal(HeadBefore(trial, attempt: 2).Step, resumed.Step);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, Steps);
        Assert.Equal(FailureCause.Lost, run.Attempts[0].Cause);
        Assert.Empty((await Pool.GetAsync()).Leases);
        return (run, killed);
    }

    private async Task<SiloProcess> FollowerAsync(ITrialGrain trial, SiloProcess leader)
    {
        var leases = (await Pool.GetAsync()).Leases.Where(held => held.Owner == trial.GetPrimaryKeyString());
        return Cluster.Silo(leases.Select(held => held.Lease.DeviceName.Split(' ')[0]).Single(name => name != leader.Name));
    }
}
