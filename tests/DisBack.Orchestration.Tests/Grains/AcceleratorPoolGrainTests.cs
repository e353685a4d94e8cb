using System.Collections.Immutable;
using System.Net;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>Who gets a slot, where, how much of it, and the answer to those who get none.</summary>
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
        // Its owner knows of it.
        await Site.UntilAsync(first, RunStatus.Running);
        var second = await TeacherAsync(site, "second");
        var third = await TeacherAsync(site, "third");
        await Site.UntilAsync(second, RunStatus.Queued);
        await Site.UntilAsync(third, RunStatus.Queued);

        var before = await PoolOf(site).GetAsync();
        var why = await third.WhyAsync();
        await second.PauseAsync();
        await third.CancelAsync();
        var after = await PoolOf(site).GetAsync();
        var whyFirst = await first.WhyAsync();
        hold.Open();
        await Site.UntilAsync(first, RunStatus.Completed);

        Assert.Equal(["second", "third"], before.Queue.Select(waiting => waiting.Owner));
        Assert.Empty(after.Queue);
        Assert.Equal(["It waits for a slot: The cpu slot is in use.", "1 run is ahead of it in the queue.", $"{Environment.MachineName} cpu: first."], why);
        Assert.Equal($"Attempt 1 trains on {Environment.MachineName} cpu, at step 4 of 40.", Steps(whyFirst[0]));
        Assert.Equal(["It is complete."], await first.WhyAsync());
        Assert.Equal("It is paused; 'resume' goes on.", (await second.WhyAsync())[0]);
        Assert.Equal("It was cancelled; a spec with another name or seed starts anew.", (await third.WhyAsync())[0]);

        // Which step the last heartbeat told of is a matter of time.
        static string Steps(string text) => System.Text.RegularExpressions.Regex.Replace(text, "at step [0-9]+ of [0-9]+", "at step 4 of 40");
    }

    [Fact]
    public async Task A_run_goes_where_its_weights_are_already()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "far");
        await ReportAsync(site, 2, "near", cached: ["aa", "bb"]);

        var reply = await PoolOf(site).LeaseAsync(Request("mine") with { Prefers = ["bb", "cc"] });

        Assert.Equal("near cuda:0", reply.Lease!.DeviceName);
    }

    [Fact]
    public async Task A_run_that_failed_somewhere_goes_elsewhere_if_it_can_wherever_its_weights_are()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "full", cached: ["aa"]);
        await ReportAsync(site, 2, "empty");
        var request = Request("mine") with { Prefers = ["aa"], Avoids = "full cuda:0" };

        var first = await PoolOf(site).LeaseAsync(request);
        var second = await PoolOf(site).LeaseAsync(request with { Owner = "other" });

        Assert.Equal(("empty cuda:0", "full cuda:0"), (first.Lease!.DeviceName, second.Lease!.DeviceName));
    }

    [Fact]
    public async Task Small_runs_share_a_device_and_leave_whole_slots_whole()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "one");
        await ReportAsync(site, 2, "two");

        var places = new List<string>();
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            places.Add((await LeaseAsync(site, name, 0.25)).DeviceName);
        }
        var whole = await LeaseAsync(site, "whole", 1);
        var refused = await PoolOf(site).LeaseAsync(Request("e") with { Share = 0.25 });

        var shared = Assert.Single(places.Distinct());
        Assert.NotEqual(shared, whole.DeviceName);
        Assert.Null(refused.Lease);
        Assert.Equal("All 2 cuda slots are in use.", refused.Reason);
    }

    [Fact]
    public async Task A_tenth_ten_times_is_a_whole()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "one");

        for (var n = 0; n < 10; n++)
        {
            Assert.NotNull((await PoolOf(site).LeaseAsync(Request($"{n}") with { Share = 0.1 })).Lease);
        }

        Assert.Null((await PoolOf(site).LeaseAsync(Request("eleventh") with { Share = 0.1 })).Lease);
    }

    [Fact]
    public async Task A_large_run_that_waits_is_not_starved_by_small_ones_behind_it()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "one");
        var small = await LeaseAsync(site, "small", 0.5);
        var large = await PoolOf(site).LeaseAsync(Request("large"));
        var late = await PoolOf(site).LeaseAsync(Request("late") with { Share = 0.5 });

        Assert.Equal("It needs 1 of a cuda slot and the emptiest device has 0.5 left.", large.Reason);
        Assert.Equal(("What is free is kept for runs ahead of it in the queue.", 2), (late.Reason, late.Position));
        Assert.Equal(
            ["It waits for a slot: What is free is kept for runs ahead of it in the queue.", "1 run is ahead of it in the queue.", "one cuda:0: small."],
            await PoolOf(site).ExplainAsync(Request("late") with { Share = 0.5 }));
        await PoolOf(site).ReleaseAsync(small.Id);
        Assert.NotNull((await PoolOf(site).LeaseAsync(Request("large"))).Lease);
    }

    [Fact]
    public async Task A_run_that_names_a_device_waits_for_it_and_leaves_the_others_to_those_behind_it()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "one", devices: 2);

        var second = await PoolOf(site).LeaseAsync(Request("first") with { Device = "cuda:1" });
        var refused = await PoolOf(site).LeaseAsync(Request("also") with { Device = "cuda:1" });
        var any = await PoolOf(site).LeaseAsync(Request("any"));
        var absent = await PoolOf(site).LeaseAsync(Request("absent") with { Device = "cuda:2" });

        Assert.Equal("one cuda:1", second.Lease!.DeviceName);
        Assert.Equal("The cuda:1 slot is in use.", refused.Reason);
        Assert.Equal("one cuda:0", any.Lease!.DeviceName);
        Assert.Equal("No worker has a device 'cuda:2'.", absent.Reason);
    }

    [Fact]
    public async Task A_lost_attempt_keeps_its_slot_until_the_worker_says_that_it_has_gone()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "one");
        var lost = await LeaseAsync(site, "lost", 1);

        await PoolOf(site).ForfeitAsync(lost.Id);
        var early = await PoolOf(site).LeaseAsync(Request("lost"));
        await ReportAsync(site, 1, "one");
        var late = await PoolOf(site).LeaseAsync(Request("lost"));

        Assert.Equal((null, "The cuda slot is in use."), (early.Lease, early.Reason));
        Assert.NotNull(late.Lease);
    }

    [Fact]
    public async Task The_thread_of_a_lost_attempt_counts_beside_its_successor()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "here", runs: [new OccupiedSlot(new RunAttempt(RunKind.Teacher, "again", 1), 0, 0.5)]);

        var successor = await PoolOf(site).LeaseAsync(Request("again") with { Share = 0.5, Attempt = 2 });
        var other = await PoolOf(site).LeaseAsync(Request("other") with { Share = 0.5, Attempt = 1 });

        Assert.Equal("here cuda:0", successor.Lease?.DeviceName);
        Assert.Null(other.Lease);
    }

    [Fact]
    public async Task A_pool_that_has_just_woken_counts_runs_it_never_leased()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await ReportAsync(site, 1, "one", runs: [new OccupiedSlot(new RunAttempt(RunKind.Teacher, "old", 3), 0, 0.75)]);

        var half = await PoolOf(site).LeaseAsync(Request("half") with { Share = 0.5 });
        var quarter = await PoolOf(site).LeaseAsync(Request("quarter") with { Share = 0.25 });

        Assert.Null(half.Lease);
        // The half came first and keeps the device.
        Assert.Null(quarter.Lease);
        await PoolOf(site).WithdrawAsync(RunKind.Teacher, "half");
        Assert.NotNull((await PoolOf(site).LeaseAsync(Request("quarter") with { Share = 0.25 })).Lease);
    }

    private static IAcceleratorPoolGrain PoolOf(Site site) => site.Host.Grains.GetGrain<IAcceleratorPoolGrain>(GrainKeys.Pool);

    private static SlotRequest Request(string owner) => new(RunKind.Teacher, owner, "cuda", []);

    private static async Task<SlotLease> LeaseAsync(Site site, string owner, double share) =>
        (await PoolOf(site).LeaseAsync(Request(owner) with { Share = share })).Lease!;

    private static async Task<ITeacherGrain> TeacherAsync(Site site, string name)
    {
        var teacher = site.Host.Grains.GetGrain<ITeacherGrain>(name);
        await teacher.TrainAsync("{}");
        return teacher;
    }

    /// <summary>The report of a worker that nobody has heard of, younger than this silo, with devices of a kind that this host has not.</summary>
    private static Task<ImmutableArray<string>> ReportAsync(
        Site site, int port, string name, ImmutableArray<string>? cached = null, ImmutableArray<OccupiedSlot>? runs = null, int devices = 1) =>
        PoolOf(site).ReportAsync(new WorkerReport(
            SiloAddress.New(IPAddress.Loopback, port, int.MaxValue),
            name,
            [.. Enumerable.Range(0, devices).Select(index => new Accelerator(index, "cuda", $"cuda:{index}", 1))],
            runs ?? [],
            cached ?? [],
            []));
}
