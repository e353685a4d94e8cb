using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DisBack.Contracts.Hosting;
using DisBack.TestKit;
using DisBack.TestKit.History;
using DisBack.TestKit.Processes;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>
/// The real command line, through the real gateway, at a cluster whose control silos die. Of the tests that are not long, the one without Redis.
/// </summary>
public sealed partial class WatcherFaultTests() : FaultTests(new() { Controls = 2, Workers = 1, Membership = MembershipKind.AzureTables })
{
    [Fact]
    public async Task A_watcher_is_told_every_event_once_whichever_silos_die_behind_the_gateway()
    {
        const int steps = 600;
        var (address, token, process) = await StartGatewayAsync();
        await using var gateway = process;
        var (trial, _) = await TrainAsync(steps);
        var lines = new ConcurrentQueue<string>();
        await using var watcher = Disback(address, token, lines.Enqueue, "watch", trial.GetPrimaryKeyString(), "--json");
        await watcher.SeesAsync("sequence", Cancellation);

        var owner = Cluster.Silo(HeadBefore(trial, attempt: 2).Silo);
        await owner.KillAsync();
        await Cluster.HistoryAsync(
            record => record.Event == HistoryEvent.CheckpointCommitted && record.Run == TestCluster.NameOf(trial) && record.Silo != owner.Name);
        await Task.WhenAll(Cluster.Controls.Select(silo => silo.KillAsync()));
        await Cluster.ReviveAsync();
        var code = await watcher.EndsAsync(Cancellation);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, steps);
        await using var why = Disback(address, token, _ => { }, "why", trial.GetPrimaryKeyString());

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
        var (address, token, process) = await StartGatewayAsync();
        await using var gateway = process;
        var (trial, _) = await TrainAsync(steps);
        await using var watcher = Disback(address, token, _ => { }, "watch", trial.GetPrimaryKeyString());
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

    private async Task<(string Address, string Token, ChildProcess Gateway)> StartGatewayAsync()
    {
        var tokens = Path.Combine(Cluster.Folder, "tokens.json");
        var program = Repository.Built("client/DisBack.Gateway");
        var added = await ChildProcess.RunAsync("dotnet", program, "token", "add", "me", "--role", "viewer", "--tokens", tokens);
        var settings = Cluster.Membership.Concat([new("Tokens:File", tokens), new("Endpoints:Http", "0")])
            .Select(setting => $"--{setting.Key}={setting.Value}");
        var gateway = ChildProcess.Start("dotnet", [program, .. settings]);
        var address = Listening().Match(await gateway.SeesAsync("Now listening on: ", Cancellation)).Value;
        await gateway.SeesAsync("Connected to the cluster", Cancellation);
        return (address, Token().Match(added).Value, gateway);
    }

    private ChildProcess Disback(string address, string token, Action<string> onOutput, params string[] arguments) => ChildProcess.Start(
        "dotnet",
        [Repository.Built("client/DisBack.Cli", "disback"), .. arguments, "--cluster", address, "--data", Cluster.Folder],
        new Dictionary<string, string> { ["DISBACK_TOKEN"] = token },
        onOutput);

    [GeneratedRegex(@"^\S+$", RegexOptions.Multiline)]
    private static partial Regex Token();

    [GeneratedRegex("http://[0-9.:]+")]
    private static partial Regex Listening();
}
