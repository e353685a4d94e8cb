using System.Collections;
using System.Net;
using System.Net.Sockets;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Training;
using DisBack.Storage.Local;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
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

    private readonly EmbeddedOptions _options;
    private readonly ITrainingFactory _factory;
    private readonly string _data;
    private readonly DataFolderLock _folder;
    private readonly ILoggerFactory? _log;
    private IHost? _host;

    private EmbeddedHost(EmbeddedOptions options, ITrainingFactory factory)
    {
        (_options, _factory, _data) = (options, factory, Path.GetFullPath(options.DataFolder));
        _folder = DataFolderLock.Acquire(_data, options.Command);
        // The terminal belongs to the user. A line for each request of a gateway in this process would hide all else.
        _log = options.Log
            ? LoggerFactory.Create(logging => logging.AddProvider(new FileLoggerProvider(Path.Combine(_data, "silo.log")))
                .SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning))
            : null;
    }

    /// <summary>The grains.</summary>
    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    /// <summary>The services of the host, the blob and content stores among them.</summary>
    /// <exception cref="InvalidOperationException">It has not started.</exception>
    public IServiceProvider Services => (_host ?? throw new InvalidOperationException("The embedded host has not started.")).Services;

    /// <summary>Where it logs, already before it starts.</summary>
    public ILoggerFactory Logs => _log ?? NullLoggerFactory.Instance;

    /// <summary>Takes the data folder and does nothing yet.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="factory">Makes the training runs.</param>
    /// <exception cref="DataFolderInUseException">Another process works in the folder; its owner names a gateway to talk to instead.</exception>
    public static EmbeddedHost Take(EmbeddedOptions options, ITrainingFactory factory) => new(options, factory);

    /// <summary>Takes the data folder and starts.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="factory">Makes the training runs.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="DataFolderInUseException">Another process works in the folder; its owner names a gateway to talk to instead.</exception>
    public static async Task<EmbeddedHost> StartAsync(EmbeddedOptions options, ITrainingFactory factory, CancellationToken cancellation = default)
    {
        var host = Take(options, factory);
        try
        {
            await host.StartAsync(cancellation);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts, once.</summary>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        var gatewayPort = await s_portRetries.ExecuteAsync(async token => await StartOnFreePortsAsync(token), cancellation);
        _folder.Announce(_folder.Owner with { Gateway = $"{IPAddress.Loopback}:{gatewayPort}", ClusterId = ClusterId });
    }

    /// <summary>Lets every run reach a committed checkpoint, stops, and gives the folder back.</summary>
    /// <param name="cancellation">When it is cancelled, runs stop without a checkpoint.</param>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        try
        {
            await (_host?.StopAsync(cancellation) ?? Task.CompletedTask);
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
        _log?.Dispose();
        _folder.Dispose();
    }

    private IHost Build(int siloPort, int gatewayPort)
    {
        // The empty builder: no configuration files, no console, no reload watchers, none of which this size needs, and of the environment only what
        // exporters of telemetry look for here: where to send to, how, and how often.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
            .Where(variable => variable.Key.StartsWith("OTEL_", StringComparison.Ordinal)));
        if (_log is not null)
        {
            builder.Services.AddSingleton(_log);
        }
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(5));
        builder.UseOrleans(silo =>
        {
            silo.UseLoopback(ClusterId, siloPort, gatewayPort);
            silo.Configure<SiloOptions>(name => name.SiloName = Environment.MachineName);
            silo.AddDisBack(
                SiloRole.Both,
                _options.Blobs ?? (blobs => blobs.Folder = _data),
                cache => cache.Folder = Path.Combine(_data, "cache"),
                training =>
                {
                    training.Scratch = Path.Combine(_data, "scratch");
                    training.IsAlone = true;
                    _options.Training?.Invoke(training);
                },
                retry =>
                {
                    retry.Storage = 1;
                    _options.Retry?.Invoke(retry);
                });
            if (_options.Supervises)
            {
                // No other silo can die, with the supervisor or with an owner.
                silo.AddRunSupervision(supervision => supervision.Ensure = TimeSpan.FromSeconds(5));
            }
            silo.AddOrleansDashboard(_options.OrleansDashboard);
            silo.Services.AddSingleton(_factory);
            _options.Services?.Invoke(silo.Services);
        });
        return builder.Build();
    }

    private async Task<int> StartOnFreePortsAsync(CancellationToken cancellation)
    {
        var (siloPort, gatewayPort) = LoopbackSilo.FreePorts();
        var host = Build(siloPort, gatewayPort);
        try
        {
            await host.StartAsync(cancellation);
        }
        catch (Exception e) when (IsPortTaken(e))
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }
        _host = host;
        return gatewayPort;
    }

    private static bool IsPortTaken(Exception? e) => e switch
    {
        null => false,
        SocketException socket => socket.SocketErrorCode == SocketError.AddressAlreadyInUse,
        AggregateException several => several.InnerExceptions.Any(IsPortTaken),
        _ => IsPortTaken(e.InnerException),
    };
}
