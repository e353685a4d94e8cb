using System.Net;
using DisBack.Contracts.Documents;
using DisBack.Diffusion;
using DisBack.Storage.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace DisBack.Client;

/// <summary>A connection to the process that holds a data folder.</summary>
public sealed class ClusterConnection : IAsyncDisposable
{
    private readonly IHost _host;

    private ClusterConnection(IHost host)
    {
        _host = host;
        Client = new DisBackClient(host.Services.GetRequiredService<IClusterClient>());
    }

    /// <summary>What can be asked of it.</summary>
    public DisBackClient Client { get; }

    /// <summary>Connects to the gateway that the owner of a data folder announced.</summary>
    /// <exception cref="DisBackException">It announced none yet, or does not answer.</exception>
    public static async Task<ClusterConnection> ConnectAsync(DataFolderOwner owner, CancellationToken cancellation = default)
    {
        if (owner is not { Gateway: { } gateway, ClusterId: { } cluster } || !IPEndPoint.TryParse(gateway, out var address))
            throw new DisBackException($"Process {owner.ProcessId} holds the data folder but does not answer yet; try again in a moment.");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client => client
            .UseStaticClustering(address)
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, DocumentNames.Service)));
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellation);
            return new ClusterConnection(host);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            host.Dispose();
            throw new DisBackException($"Process {owner.ProcessId} (`{owner.Command}`) holds the data folder but does not answer at {gateway}; try again, or stop it with 'kill -INT {owner.ProcessId}'.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
