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
    /// <summary>A process on this machine answers at once, unless it is frozen or the machine is.</summary>
    private static readonly TimeSpan s_ownerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Says goodbye to silos that may not answer any more.</summary>
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(2);

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
        // The signals of this process are none of the client's business: it would cancel its own start before anybody knows of the signal.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
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
    /// <exception cref="ClusterUnavailableException">It announced none yet, or does not answer within seconds.</exception>
    public static async Task<SiloConnection> ConnectAsync(DataFolderOwner owner, CancellationToken cancellation = default)
    {
        if (owner is not { Gateway: { } gateway, ClusterId: { } cluster } || !IPEndPoint.TryParse(gateway, out var address))
        {
            throw new ClusterUnavailableException($"Process {owner.ProcessId} holds the data folder but does not answer yet; try again in a moment.");
        }
        var connecting = ConnectAsync(cluster, client => client.UseStaticClustering(address), null, cancellation);
        try
        {
            return await connecting.WaitAsync(s_ownerTimeout, cancellation);
        }
        catch (Exception e)
        {
            // The attempt may go on for a minute; nobody waits for it.
            _ = connecting.ContinueWith(late => late.Exception, TaskScheduler.Default);
            cancellation.ThrowIfCancellationRequested();
            throw new ClusterUnavailableException($"Process {owner.ProcessId} (`{owner.Command}`) holds the data folder but does not answer at {gateway}; it "
                + $"may be frozen or very busy: try again, or stop it with 'kill -INT {owner.ProcessId}'.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(s_stopTimeout);
        try
        {
            await _host.StopAsync(timeout.Token).WaitAsync(timeout.Token);
            _host.Dispose();
        }
        catch (OperationCanceledException)
        {
            // The connection ends with this process.
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
