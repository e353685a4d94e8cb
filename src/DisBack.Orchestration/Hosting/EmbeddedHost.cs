using System.Net;
using System.Net.Sockets;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Training;
using DisBack.Storage.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Polly;
using Polly.Retry;

namespace DisBack.Orchestration.Hosting;

/// <summary>
/// The one-process size: a silo with membership and reminders in memory on loopback, its documents and contents in a data folder that no other
/// process may write in. Its grains are those of every other size.
/// </summary>
public sealed class EmbeddedHost : IAsyncDisposable
{
    private const string ClusterId = "embedded";

    /// <summary>Starts again with other ports when another process was given one of them between the look for free ports and the bind.</summary>
    private static readonly ResiliencePipeline s_portRetries = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions { ShouldHandle = failed => new(IsPortTaken(failed.Outcome.Exception)), MaxRetryAttempts = 4, Delay = TimeSpan.Zero })
        .Build();

    private readonly IHost _host;
    private readonly DataFolderLock _folder;

    private EmbeddedHost(IHost host, DataFolderLock folder) => (_host, _folder) = (host, folder);

    /// <summary>The grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The services of the host, the blob and content stores among them.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Takes the data folder and starts.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="factory">Makes the training runs.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="DataFolderInUseException">Another process works in the folder; its owner names a gateway to talk to instead.</exception>
    public static async Task<EmbeddedHost> StartAsync(EmbeddedOptions options, ITrainingFactory factory, CancellationToken cancellation = default)
    {
        var data = Path.GetFullPath(options.DataFolder);
        var folder = DataFolderLock.Acquire(data, options.Command);
        try
        {
            var (host, gatewayPort) = await s_portRetries.ExecuteAsync(async token => await StartOnFreePortsAsync(options, factory, data, token), cancellation);
            folder.Announce(folder.Owner with { Gateway = $"{IPAddress.Loopback}:{gatewayPort}", ClusterId = ClusterId });
            return new EmbeddedHost(host, folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Lets every run reach a committed checkpoint, stops, and gives the folder back.</summary>
    /// <param name="cancellation">When it is cancelled, runs stop without a checkpoint.</param>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        try
        {
            await _host.StopAsync(cancellation);
        }
        finally
        {
            await DisposeAsync();
        }
    }

    /// <summary>Ends at once and gives the folder back; what was committed is safe.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }
        _folder.Dispose();
    }

    private static IHost Build(EmbeddedOptions options, ITrainingFactory factory, string data, int siloPort, int gatewayPort)
    {
        // The empty builder: no configuration files, no environment, no console, no reload watchers, none of which this size needs.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        if (options.Log)
        {
            builder.Logging.AddProvider(new FileLoggerProvider(Path.Combine(data, "silo.log"))).SetMinimumLevel(LogLevel.Information);
        }
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(5));
        builder.UseOrleans(silo =>
        {
            silo.UseLoopback(ClusterId, siloPort, gatewayPort);
            silo.Configure<SiloOptions>(name => name.SiloName = Environment.MachineName);
            silo.AddDisBack(
                SiloRole.Both,
                options.Blobs ?? (blobs => blobs.Folder = data),
                cache => cache.Folder = Path.Combine(data, "cache"),
                training =>
                {
                    training.Scratch = Path.Combine(data, "scratch");
                    options.Training?.Invoke(training);
                },
                retry =>
                {
                    retry.Storage = 1;
                    options.Retry?.Invoke(retry);
                });
            if (options.Supervises)
            {
                silo.AddRunSupervision();
            }
            silo.AddOrleansDashboard(options.OrleansDashboard);
            silo.Services.AddSingleton(factory);
            options.Services?.Invoke(silo.Services);
        });
        return builder.Build();
    }

    private static async Task<(IHost Host, int GatewayPort)> StartOnFreePortsAsync(
        EmbeddedOptions options, ITrainingFactory factory, string data, CancellationToken cancellation)
    {
        var (siloPort, gatewayPort) = LoopbackSilo.FreePorts();
        var host = Build(options, factory, data, siloPort, gatewayPort);
        try
        {
            await host.StartAsync(cancellation);
        }
        catch (Exception e) when (IsPortTaken(e))
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }
        return (host, gatewayPort);
    }

    private static bool IsPortTaken(Exception? e) => e switch
    {
        null => false,
        SocketException socket => socket.SocketErrorCode == SocketError.AddressAlreadyInUse,
        AggregateException several => several.InnerExceptions.Any(IsPortTaken),
        _ => IsPortTaken(e.InnerException),
    };
}
