using System.Net;
using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Networks;

/// <summary>
/// A network of its own on this machine: a bridge with hosts, each a network namespace, and this machine's own namespace at <see cref="Address"/>.
/// </summary>
/// <remarks>
/// The namespaces have no names but belong to child processes that do nothing, so the kernel removes them, the bridge and all cables when the
/// children die, and those die with this process: a killed test run leaves nothing behind.
/// </remarks>
public sealed class Network : IAsyncDisposable
{
    private static int s_count;

    private readonly List<NetworkHost> _hosts = [];
    private readonly NetworkHost _bridge;
    private readonly string _subnet;

    private Network(NetworkHost bridge, string subnet) => (_bridge, _subnet) = (bridge, subnet);

    /// <summary>The address of this machine's own processes.</summary>
    public IPAddress Address => IPAddress.Parse($"{_subnet}.1");

    /// <summary>Why no network can be made here; null if one can.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        try
        {
            await using var network = await StartAsync();
            var host = await network.AddHostAsync();
            await host.CutAsync(NetworkDirection.Both);
            await host.HealAsync();
            return null;
        }
        catch (InvalidOperationException e)
        {
            return $"Network namespaces cannot be made here: {e.Message}";
        }
    }

    public static async Task<Network> StartAsync()
    {
        // Other test runs on this machine take other numbers; inside a run they count.
        var number = (Environment.ProcessId * 8 + Interlocked.Increment(ref s_count)) & 0x3fff;
        var network = new Network(await NetworkHost.StartAsync(IPAddress.None), $"10.{64 + (number >> 8)}.{number & 0xff}");
        try
        {
            await network._bridge.RunAsync("ip", "link", "add", "hub", "type", "bridge");
            await network._bridge.RunAsync("ip", "link", "set", "hub", "up");
            var cable = $"disback{number}";
            await ChildProcess.RunAsync("ip", "link", "add", cable, "type", "veth", "peer", "name", "machine", "netns", $"{network._bridge.Holder}");
            await ChildProcess.RunAsync("ip", "address", "add", $"{network.Address}/24", "dev", cable);
            await ChildProcess.RunAsync("ip", "link", "set", cable, "up");
            await network._bridge.RunAsync("ip", "link", "set", "machine", "master", "hub", "up");
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>A new host on the bridge.</summary>
    public async Task<NetworkHost> AddHostAsync()
    {
        var number = 10 + _hosts.Count;
        var host = await NetworkHost.StartAsync(IPAddress.Parse($"{_subnet}.{number}"));
        _hosts.Add(host);
        await _bridge.RunAsync("ip", "link", "add", $"host{number}", "type", "veth", "peer", "name", "eth0", "netns", $"{host.Holder}");
        await _bridge.RunAsync("ip", "link", "set", $"host{number}", "master", "hub", "up");
        await host.RunAsync("ip", "address", "add", $"{host.Address}/24", "dev", "eth0");
        await host.RunAsync("ip", "link", "set", "eth0", "up");
        await host.RunAsync("ip", "link", "set", "lo", "up");
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
        await _bridge.DisposeAsync();
    }
}
