using System.Net;
using System.Net.Sockets;
using DisBack.Contracts.Documents;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace DisBack.Orchestration.Hosting;

/// <summary>A silo that is a cluster by itself, on loopback, with membership and reminders in memory.</summary>
public static class LoopbackSilo
{
    /// <summary>Makes a silo one.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="clusterId">Its cluster.</param>
    /// <param name="siloPort">Where silos would connect.</param>
    /// <param name="gatewayPort">Where clients connect.</param>
    public static ISiloBuilder UseLoopback(this ISiloBuilder silo, string clusterId, int siloPort, int gatewayPort)
    {
        silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: DocumentNames.Service, clusterId: clusterId);
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = IPAddress.Loopback;
            endpoint.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, siloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Loopback, gatewayPort);
        });
        // What silos tell one another of their load once a second has nobody to hear it.
        silo.Configure<DeploymentLoadPublisherOptions>(load => load.DeploymentLoadPublisherRefreshTime = TimeSpan.FromMinutes(1));
        silo.Services.AddSingleton<TimeProvider, SoleSiloTime>();
        return silo.UseInMemoryReminderService();
    }

    /// <summary>Two ports that were free a moment ago; taken together, so that they differ. Another process may be given one of them before the bind.</summary>
    public static (int Silo, int Gateway) FreePorts()
    {
        using var one = new TcpListener(IPAddress.Loopback, 0);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        one.Start();
        other.Start();
        return (((IPEndPoint)one.LocalEndpoint).Port, ((IPEndPoint)other.LocalEndpoint).Port);
    }
}
