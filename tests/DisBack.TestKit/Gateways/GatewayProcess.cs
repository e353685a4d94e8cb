using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Gateways;

/// <summary>The real gateway in a process of its own, with a token that may do everything.</summary>
public sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private GatewayProcess(ChildProcess process, string token, int port) => (_process, Token, Port) = (process, token, port);

    public string Token { get; }

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public string LastLines => _process.LastLines;

    public bool IsRunning => !_process.Exit.IsCompleted;

    /// <summary>Bytes of memory that it has resident, and the most that it ever had.</summary>
    public (long Now, long Most) Resident
    {
        get
        {
            var lines = File.ReadAllLines($"/proc/{_process.Id}/status");
            return (Read("VmRSS:"), Read("VmHWM:"));

            long Read(string what) => 1024 * long.Parse(
                lines.Single(line => line.StartsWith(what, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Starts it on a cluster and waits until it answers.</summary>
    public static async Task<GatewayProcess> StartAsync(string folder, IReadOnlyDictionary<string, string> settings)
    {
        var program = Repository.Built("client/DisBack.Gateway");
        var tokens = Path.Combine(folder, "tokens.json");
        var token = (await ChildProcess.RunAsync("dotnet", program, "token", "add", "somebody", "--role", "operator", "--tokens", tokens)).Split('\n')
            .Single(line => line.StartsWith("disback_", StringComparison.Ordinal));
        var environment = settings.Append(KeyValuePair.Create("Tokens:File", tokens)).Append(KeyValuePair.Create("Endpoints:Http", "0"))
            .ToDictionary(setting => $"DISBACK_{setting.Key.Replace(":", "__", StringComparison.Ordinal)}", setting => setting.Value);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var process = ChildProcess.Start("dotnet", [program], environment);
        var listening = Listening().Match(await process.SeesAsync("Now listening on", limit.Token));
        var gateway = new GatewayProcess(process, token, int.Parse(listening.Groups[1].Value, CultureInfo.InvariantCulture));
        using var http = new HttpClient { BaseAddress = gateway.Address };
        using var probe = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await probe.WaitForNextTickAsync(limit.Token))
        {
            if ((await http.GetAsync("health/ready", limit.Token)).IsSuccessStatusCode)
            {
                return gateway;
            }
        }
        throw new InvalidOperationException($"The gateway did not answer. Its last lines:\n{gateway.LastLines}");
    }

    /// <summary>A connection of no library, which sends what it is told and reads only when it is told.</summary>
    public async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        // A small window: what the kernel takes for a client that does not read is not the gateway's memory, but hides it.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096, NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", Port, cancellation);
        return socket;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex("http://127\\.0\\.0\\.1:([0-9]+)")]
    private static partial Regex Listening();
}
