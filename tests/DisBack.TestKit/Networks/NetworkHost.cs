using System.Net;
using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Networks;

/// <summary>One host of a <see cref="Network"/>: what runs in it sees its own interfaces and disks, can be cut off for real and run out of space.</summary>
public sealed class NetworkHost : IAsyncDisposable
{
    private const string Ballast = "ballast";

    private readonly ChildProcess _holder;

    private NetworkHost(ChildProcess holder, IPAddress address) => (_holder, Address) = (holder, address);

    public IPAddress Address { get; }

    /// <summary>The process that the namespaces belong to.</summary>
    internal int Holder => _holder.Id;

    internal static async Task<NetworkHost> StartAsync(IPAddress address)
    {
        var holder = ChildProcess.Start("unshare", ["--net", "--mount", "sh", "-c", "echo ready; exec sleep infinity"]);
        try
        {
            await holder.SeesAsync("ready");
            return new(holder, address);
        }
        catch
        {
            await holder.DisposeAsync();
            throw;
        }
    }

    /// <summary>A command line that runs a program here, without a process in between.</summary>
    public (string Program, IEnumerable<string> Arguments) Within(string program, IEnumerable<string> arguments) =>
        ("nsenter", [$"--net=/proc/{Holder}/ns/net", $"--mount=/proc/{Holder}/ns/mnt", program, .. arguments]);

    /// <summary>Loses packets from now on, without a word to either side.</summary>
    /// <param name="direction">Which way.</param>
    /// <param name="peers">The other ends; everybody unless given.</param>
    public async Task CutAsync(NetworkDirection direction, params IPAddress[] peers)
    {
        await HealAsync();
        var rules = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(rules,
            [
                "table inet cut {",
                .. Chain("input", "iifname", "saddr", direction.HasFlag(NetworkDirection.In)),
                .. Chain("output", "oifname", "daddr", direction.HasFlag(NetworkDirection.Out)),
                "}",
            ]);
            await RunAsync("nft", "-f", rules);
        }
        finally
        {
            File.Delete(rules);
        }

        IEnumerable<string> Chain(string hook, string device, string end, bool cut)
        {
            if (!cut)
            {
                return [];
            }
            var rule = peers.Length == 0 ? $"{device} != lo drop" : $"ip {end} {{ {string.Join(", ", peers.Select(peer => $"{peer}"))} }} drop";
            return [$"chain {hook} {{", $"type filter hook {hook} priority 0;", rule, "}"];
        }
    }

    /// <summary>Loses no packets any more.</summary>
    public Task HealAsync() => RunAsync("nft", "flush", "ruleset");

    /// <summary>Puts an empty disk of this host alone over a folder.</summary>
    public async Task MountDiskAsync(string folder, int mebibytes)
    {
        Directory.CreateDirectory(folder);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", folder);
    }

    /// <summary>Fills a disk to its last byte.</summary>
    public Task FillDiskAsync(string folder) => RunAsync("sh", "-c", $"cat /dev/zero > '{folder}/{Ballast}' 2>/dev/null || true");

    /// <summary>Takes back what filled a disk.</summary>
    public Task FreeDiskAsync(string folder) => RunAsync("rm", "-f", $"{folder}/{Ballast}");

    internal Task<string> RunAsync(string program, params string[] arguments)
    {
        var (enter, within) = Within(program, arguments);
        return ChildProcess.RunAsync(enter, [.. within]);
    }

    public ValueTask DisposeAsync() => _holder.DisposeAsync();
}
