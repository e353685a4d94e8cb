using System.Collections.Immutable;
using System.Net;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>Who gets a slot, where, and who is no longer waiting for one.</summary>
public sealed class AcceleratorPoolGrainTests
{
    [Fact]
    public async Task A_run_that_is_paused_or_cancelled_leaves_the_queue_at_once()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 5);
        await using var site = await Site.OpenAsync(script);
        var first = await TeacherAsync(site, "first");
        await hold.Reached;
        var second = await TeacherAsync(site, "second");
        var third = await TeacherAsync(site, "third");
        await Site.UntilAsync(second, RunStatus.Queued);
        await Site.UntilAsync(third, RunStatus.Queued);

        var before = await PoolOf(site).GetAsync();
        await second.PauseAsync();
        await third.CancelAsync();
        var after = await PoolOf(site).GetAsync();
        hold.Open();
        await Site.UntilAsync(first, RunStatus.Completed);

        Assert.Equal(["second", "third"], before.Queue.Select(waiting => waiting.Owner));
        Assert.Empty(after.Queue);
    }

    [Fact]
    public async Task A_run_goes_where_its_weights_are_already()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "far");
        await ReportAsync(site, 2, "near", "aa", "bb");

        var reply = await PoolOf(site).LeaseAsync(new SlotRequest(RunKind.Teacher, "mine", "cuda", ["bb", "cc"]));

        Assert.Equal("near cuda:0", reply.Lease!.Place);
    }

    private static IAcceleratorPoolGrain PoolOf(Site site) => site.Host.Grains.GetGrain<IAcceleratorPoolGrain>(GrainKeys.Pool);

    private static async Task<ITeacherGrain> TeacherAsync(Site site, string name)
    {
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>(name);
        await teacher.TrainAsync("{}");
        return teacher;
    }

    /// <summary>The report of a worker that nobody has heard of, younger than this silo, with one device of a kind that this host has not.</summary>
    private static Task<ImmutableArray<string>> ReportAsync(Site site, int port, string name, params string[] cached) => PoolOf(site).ReportAsync(
        new WorkerReport(SiloAddress.New(IPAddress.Loopback, port, int.MaxValue), name, [new Accelerator(0, "cuda", "cuda:0", 1)], [], [.. cached]));
}
