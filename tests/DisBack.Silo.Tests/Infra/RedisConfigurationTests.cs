using DisBack.TestKit;
using DisBack.TestKit.Processes;
using StackExchange.Redis;

namespace DisBack.Silo.Tests.Infra;

/// <summary>
/// A real server takes the shipped configuration and is what it promises: nothing acknowledged is lost, nothing is evicted, nobody enters without the password.
/// </summary>
public sealed class RedisConfigurationTests
{
    private const string Password = "0123456789abcdef";

    [Fact]
    public async Task Redis_starts_with_it_and_keeps_what_it_acknowledged()
    {
        using var folder = new TemporaryFolder();
        var socket = Path.Combine(folder.Path, "redis.sock");
        await using (var redis = await StartAsync(folder, socket))
        {
            // The password is on the command line, which Redis hides.
            Assert.DoesNotContain(
                Password,
                await File.ReadAllTextAsync($"/proc/{redis.Id}/cmdline", TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
            await using var client = await ConnectAsync(socket, Password);
            var server = client.GetServers().Single();
            var settings = (await server.ConfigGetAsync()).ToDictionary(pair => pair.Key, pair => pair.Value);
            Assert.Equal("yes", settings["appendonly"]);
            Assert.Equal("always", settings["appendfsync"]);
            Assert.Equal("no", settings["no-appendfsync-on-rewrite"]);
            Assert.Equal("noeviction", settings["maxmemory-policy"]);
            Assert.Equal($"{RedisConfiguration.Read().MaximalMemory}", settings["maxmemory"]);
            Assert.Equal("yes", settings["protected-mode"]);
            Assert.Equal("", settings["save"]);
            await client.GetDatabase().StringSetAsync("silo", "active");
            await redis.KillAsync();
        }
        await using (var redis = await StartAsync(folder, socket))
        {
            await using var client = await ConnectAsync(socket, Password);
            Assert.Equal("active", await client.GetDatabase().StringGetAsync("silo"));
            await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectAsync(socket, password: null));
        }
    }

    /// <summary>Listens on a socket of its own in place of the port: that much must be overridden where others may have the port.</summary>
    private static async Task<ChildProcess> StartAsync(TemporaryFolder folder, string socket)
    {
        var redis = ChildProcess.Start(
            "redis-server",
            [Tree.PathOf(RedisConfiguration.File), "--port", "0", "--unixsocket", socket, "--dir", folder.Path, "--requirepass", Password]);
        await redis.SeesAsync("ready to accept connections at", TestContext.Current.CancellationToken);
        return redis;
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(string socket, string? password)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { new System.Net.Sockets.UnixDomainSocketEndPoint(socket) },
            Password = password,
            AllowAdmin = true,
            ConnectTimeout = 2000,
            ConnectRetry = 1,
        };
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
