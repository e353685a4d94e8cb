using System.Net;
using System.Net.Sockets;
using DisBack.TestKit.Processes;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace DisBack.TestKit.Services;

/// <summary>A real <c>redis-server</c> with its append-only file on, synchronised on every write: what it has acknowledged survives its death.</summary>
public sealed class RedisServer : IMembershipServer
{
    private readonly TemporaryFolder _folder = new();
    private readonly IPAddress _host;
    private readonly int _port = Ports.Free(1)[0];
    private ChildProcess? _process;

    private RedisServer(IPAddress host) => _host = host;

    /// <summary><c>host:port</c>.</summary>
    public string Address => $"{_host}:{_port}";

    public IReadOnlyDictionary<string, string> Configuration => new Dictionary<string, string>
    {
        ["Cluster:Membership"] = "Redis",
        ["Cluster:Redis"] = Address,
    };

    /// <param name="host">The address it listens on; loopback unless given.</param>
    public static async Task<RedisServer> StartAsync(IPAddress? host = null)
    {
        var redis = new RedisServer(host ?? IPAddress.Loopback);
        try
        {
            await redis.StartAsync();
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    public void Serve(IClientBuilder client) => client.UseRedisClustering(options =>
    {
        options.ConfigurationOptions = ConfigurationOptions.Parse(Address);
        options.ConfigurationOptions.AbortOnConnectFail = false;
    });

    /// <summary>SIGKILL.</summary>
    public Task EndAsync() => _process!.KillAsync();

    /// <summary>Starts it again where it was, with what its file holds; kills it first if it runs.</summary>
    public async Task RestartAsync()
    {
        await _process!.DisposeAsync();
        await StartAsync();
    }

    /// <summary>FLUSHALL.</summary>
    public async Task ForgetAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_host, _port);
        await using var stream = client.GetStream();
        await stream.WriteAsync("FLUSHALL\r\n"u8.ToArray());
        using var reply = new StreamReader(stream);
        if (await reply.ReadLineAsync() is not "+OK" and var refusal)
        {
            throw new InvalidOperationException($"Redis answered FLUSHALL with '{refusal}'.");
        }
    }

    public async Task<string> FailAsync(int choice, TimeSpan length)
    {
        await EndAsync();
        await Task.Delay(length);
        await RestartAsync();
        return "redis";
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        _process = ChildProcess.Start("redis-server",
        [
            "--bind", $"{_host}", "--port", $"{_port}", "--protected-mode", "no", "--dir", _folder.Path, "--save", "", "--appendonly", "yes", "--appendfsync",
            "always",
        ]);
        await _process.SeesAsync("Ready to accept connections");
    }
}
