using System.Net;
using DisBack.Cli.Terminal;
using DisBack.Gateway;

namespace DisBack.Cli.Installations;

/// <summary>The page of a data folder while a command works in it.</summary>
internal sealed class FolderPage : IAsyncDisposable
{
    /// <summary>Loopback, on a free port: several folders may be worked in at a time.</summary>
    public const string UsualAddress = "127.0.0.1:0";

    private readonly EmbeddedGateway _gateway;

    private FolderPage(EmbeddedGateway gateway) => _gateway = gateway;

    /// <summary>Refuses what cannot have a page of this process, before anything else is done.</summary>
    /// <exception cref="DisBackException">It is a cluster, or others than this machine could reach the page.</exception>
    public static void Check(Installation installation, IPEndPoint address)
    {
        if (!installation.HostsRuns)
        {
            throw new DisBackException($"The gateway at {installation.Archive.Location} serves the page of its cluster; open that, and leave out --ui.");
        }
        if (!IPAddress.IsLoopback(address.Address))
        {
            throw new DisBackException($"Everybody who reaches {address} would be let in; give --ui-address as 127.0.0.1:8090, or serve the folder with "
                + "'disback up --tokens FILE'.");
        }
    }

    /// <summary>Serves the page, and says where.</summary>
    /// <param name="session">This process.</param>
    /// <param name="installation">The folder.</param>
    /// <param name="address">Where to listen.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="DisBackException">The address cannot be listened on.</exception>
    public static async Task<FolderPage> ServeAsync(
        Session session, Installation installation, IPEndPoint address, CancellationToken cancellation)
    {
        var options = new EmbeddedGatewayOptions(installation.Folder!.Path, address) { Scratch = Path.Combine(installation.CacheFolder, "gateway") };
        var gateway = await EmbeddedGateway.StartAsync(options, Task.FromResult(installation.Grains!), installation.Logs!, cancellation);
        session.Screen.Line($"{gateway.Address} shows it while this command runs.");
        return new FolderPage(gateway);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.StopAsync();
        await _gateway.DisposeAsync();
    }
}
