using System.Net;
using DisBack.Contracts.Documents;
using DisBack.Storage.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace DisBack.Client;

/// <summary>This process as a client of silos.</summary>
public sealed class SiloConnection : IAsyncDisposable
{
    private readonly IHost _host;

    private SiloConnection(IHost host) => _host = host;

    /// <summary>The grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Connects to a cluster.</summary>
    /// <param name="cluster">Its name.</param>
    /// <param name="find">How its silos are found.</param>
    /// <param name="logs">Where the client logs; null is nowhere.</param>
    /// <param name="cancellation">Stops the attempt.</param>
    public static async Task<SiloConnection> ConnectAsync(
        string cluster,
        Action<IClientBuilder> find,
        ILoggerFactory? logs = null,
        CancellationToken cancellation = default)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        if (logs is not null)
        {
            builder.Services.AddSingleton(logs);
        }
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, DocumentNames.Service));
            client.AddActivityPropagation();
            find(client);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellation);
            return new SiloConnection(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the gateway that the owner of a data folder announced.</summary>
    /// <exception cref="DisBackException">It announced none yet, or does not answer.</exception>
    public static async Task<SiloConnection> ConnectAsync(DataFolderOwner owner, CancellationToken cancellation = default)
    {
        if (owner is not { Gateway: { } gateway, ClusterId: { } cluster } || !IPEndPoint.TryParse(gateway, out var address))
        {
            throw new DisBackException($"Process {owner.ProcessId} holds the data folder but does not answer yet; try again in a moment.");
        }
        try
        {
            return await ConnectAsync(cluster, client => client.UseStaticClustering(address), null, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new DisBackException($"Process {owner.ProcessId} (`{owner.Command}`) holds the data folder but does not answer at {gateway}; try again, or "
                + $"stop it with 'kill -INT {owner.ProcessId}'.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
