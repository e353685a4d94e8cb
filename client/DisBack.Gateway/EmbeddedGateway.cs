using System.Globalization;
using System.Net.Sockets;
using DisBack.Client;
using DisBack.Gateway.Configuration;
using DisBack.Gateway.Security;
using DisBack.Gateway.Watching;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway;

/// <summary>The API of a gateway over a data folder, in the process of the silo that works in it: its commands go to the grains without a network.</summary>
internal sealed class EmbeddedGateway : IAsyncDisposable
{
    private readonly WebApplication _gateway;

    private EmbeddedGateway(WebApplication gateway) => _gateway = gateway;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_gateway.Urls.Single());

    /// <summary>Starts to listen.</summary>
    /// <param name="options">Where, and who may ask.</param>
    /// <param name="grains">Those of the silo of this process, when it has started: requests that come before wait for it.</param>
    /// <param name="logs">Where it logs.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="DisBackException">It would be unsafe, or the address cannot be listened on.</exception>
    public static async Task<EmbeddedGateway> StartAsync(
        EmbeddedGatewayOptions options, Task<IGrainFactory> grains, ILoggerFactory logs, CancellationToken cancellation)
    {
        options.Check();
        var silo = new SiloOfThisProcess(grains);
        var gateway = GatewayHost.Build(
            builder =>
            {
                // The command line alone: variables and files of a gateway that runs on this machine as well are not meant for this one.
                builder.Configuration.Sources.Clear();
                builder.Configuration.AddInMemoryCollection(Settings(options));
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton(logs);
                // The command decides when it ends: after the requests, and before the silo.
                builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
                builder.Services.AddSingleton<IStartupFilter>(silo);
                builder.Services.AddTransient(_ => silo.Grains);
                builder.Services.AddTransient<IControl>(_ => new GrainControl(silo.Grains));
                builder.Services.AddSingleton(provider => new FeedHub(() => new GrainControl(silo.Grains), provider.GetRequiredService<TimeProvider>()));
            },
            options.Tokens is null ? Admission.ThisMachine : Admission.Tokens);
        try
        {
            await gateway.StartAsync(cancellation);
            return new EmbeddedGateway(gateway);
        }
        catch (Exception failed) when (failed is IOException or SocketException)
        {
            await gateway.DisposeAsync();
            throw new DisBackException($"Nothing can listen on {options.Address}: {failed.Message.TrimEnd('.')}; name another address or port.", failed);
        }
    }

    /// <summary>Takes no more requests, and lets those end that are being answered.</summary>
    public Task StopAsync() => _gateway.StopAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private static Dictionary<string, string?> Settings(EmbeddedGatewayOptions options) => new()
    {
        [$"{nameof(GatewaySettings.Blobs)}:Folder"] = options.DataFolder,
        [$"{nameof(GatewaySettings.Endpoints)}:{nameof(EndpointSettings.Address)}"] = options.Address.Address.ToString(),
        [$"{nameof(GatewaySettings.Endpoints)}:{nameof(EndpointSettings.Http)}"] = options.Address.Port.ToString(CultureInfo.InvariantCulture),
        [$"{nameof(GatewaySettings.Endpoints)}:{nameof(EndpointSettings.TlsTerminatedAhead)}"] = options.TlsAhead.ToString(),
        [$"{nameof(GatewaySettings.Tokens)}:{nameof(TokenSettings.File)}"] = options.Tokens,
        [$"{nameof(GatewaySettings.Notifications)}:{nameof(NotificationSettings.File)}"] = options.Notifications,
        [nameof(GatewaySettings.Scratch)] = options.Scratch,
    };

    /// <summary>Holds requests back until the silo has started.</summary>
    private sealed class SiloOfThisProcess(Task<IGrainFactory> starting) : IStartupFilter
    {
        private IGrainFactory? _grains;

        /// <summary>Its grains, for whoever answers a request.</summary>
        public IGrainFactory Grains => _grains ?? throw new InvalidOperationException("Grains are there for requests only.");

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
        {
            application.Use(async (context, answer) =>
            {
                _grains ??= await starting.WaitAsync(context.RequestAborted);
                await answer(context);
            });
            next(application);
        };
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
