using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using DisBack.Contracts.Hosting;
using DisBack.TestKit;
using DisBack.TestKit.Gateways;
using DisBack.TestKit.History;
using DisBack.TestKit.Processes;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>
/// The real command line, through the real gateway, at a cluster whose control silos die. Of the tests that are not long, the one without Redis.
/// </summary>
public sealed class WatcherFaultTests() : FaultTests(new() { Controls = 2, Workers = 1, Membership = MembershipKind.AzureTables })
{
    [Fact]
    public async Task A_watcher_is_told_every_event_once_whichever_silos_die_behind_the_gateway()
    {
        const int steps = 600;
        await using var gateway = await GatewayProcess.StartAsync(Cluster.Folder, Cluster.Membership);
        var (trial, _) = await TrainAsync(steps);
        var lines = new ConcurrentQueue<string>();
        await using var watcher = Disback(gateway, lines.Enqueue, "watch", trial.GetPrimaryKeyString(), "--json");
        await watcher.SeesAsync("sequence", Cancellation);

        var owner = Cluster.Silo(HeadBefore(trial, attempt: 2).Silo);
        await owner.KillAsync();
        await Cluster.HistoryAsync(
            record => record.Event == HistoryEvent.CheckpointCommitted && record.Run == TestCluster.NameOf(trial) && record.Silo != owner.Name);
        await Task.WhenAll(Cluster.Controls.Select(silo => silo.KillAsync()));
        await Cluster.ReviveAsync();
        var code = await watcher.EndsAsync(Cancellation);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, steps);
        await using var why = Disback(gateway, _ => { }, "why", trial.GetPrimaryKeyString());

        Assert.True(code == 0, watcher.LastLines);
        var sequences = lines.SelectMany(line => JsonNode.Parse(line)!["events"]!.AsArray()).Select(happened => happened!["sequence"]!.GetValue<long>())
            .ToList();
        Assert.Equal(Enumerable.Range(1, (int)run.Sequence).Select(number => (long)number), sequences);
        Assert.Equal((0, "It is complete."), (await why.EndsAsync(Cancellation), why.LastLines));
    }

    [Fact, Trait("Length", "Long")]
    public async Task A_watcher_is_told_when_the_owner_freezes_and_goes_on_when_there_is_another()
    {
        const int steps = 600;
        await using var gateway = await GatewayProcess.StartAsync(Cluster.Folder, Cluster.Membership);
        var (trial, _) = await TrainAsync(steps);
        await using var watcher = Disback(gateway, _ => { }, "watch", trial.GetPrimaryKeyString());
        await watcher.SeesAsync("Training.", Cancellation);

        foreach (var silo in Cluster.Controls)
        {
            silo.Send(Signal.Stop);
        }
        await watcher.SeesAsync("Nothing is heard of the process that owns the run", Cancellation);
        // A silo that thaws may have been declared dead by then, and ends; so none of them thaws.
        await Task.WhenAll(Cluster.Controls.Select(silo => silo.KillAsync()));
        await Cluster.ReviveAsync();
        await watcher.SeesAsync("The run is heard again.", Cancellation);
        var code = await watcher.EndsAsync(Cancellation);

        Assert.True(code == 0, watcher.LastLines);
        await EndsAsIfNothingHadHappenedAsync(trial, steps);
    }

    private ChildProcess Disback(GatewayProcess gateway, Action<string> onOutput, params string[] arguments) => ChildProcess.Start(
        "dotnet",
        [Repository.Built("client/DisBack.Cli", "disback"), .. arguments, "--cluster", $"{gateway.Address}", "--data", Cluster.Folder],
        new Dictionary<string, string> { ["DISBACK_TOKEN"] = gateway.Token },
        onOutput);
}
