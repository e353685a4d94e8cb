using System.Net;
using System.Net.Sockets;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace DisBack.Silo;

/// <summary>
/// A silo of its own cluster in a process that stands by, which starts, answers one call and stops: the start of a silo is mostly compilation, and is done
/// then.
/// </summary>
internal static class SiloWarmUp
{
    public static async Task RunAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("disback-standby-").FullName;
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
            builder.UseOrleans(silo => Configure(silo, folder));
            using var host = builder.Build();
            await host.StartAsync(cancellation);
            await host.Services.GetRequiredService<IGrainFactory>().Pool().GetAsync();
            await host.StopAsync(cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Configure(ISiloBuilder silo, string folder)
    {
        var (siloPort, gatewayPort) = FreePorts();
        silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: DocumentNames.Service, clusterId: Path.GetFileName(folder));
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = IPAddress.Loopback;
            endpoint.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, siloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Loopback, gatewayPort);
        });
        silo.UseInMemoryReminderService();
        // No worker: its devices would be counted twice.
        silo.AddDisBack(
            SiloRole.Control,
            blobs => blobs.Folder = folder,
            cache => cache.Folder = Path.Combine(folder, "cache"),
            training => training.Scratch = Path.Combine(folder, "scratch"));
    }

    /// <summary>Two ports that were free a moment ago; where they are not any more, the warm-up fails and the standby is merely colder.</summary>
    private static (int Silo, int Gateway) FreePorts()
    {
        using var one = new TcpListener(IPAddress.Loopback, 0);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        one.Start();
        other.Start();
        return (((IPEndPoint)one.LocalEndpoint).Port, ((IPEndPoint)other.LocalEndpoint).Port);
    }
}
