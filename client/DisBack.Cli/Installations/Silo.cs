using DisBack.Client;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Training;
using DisBack.Telemetry;
using DisBack.Telemetry.Hosts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace DisBack.Cli.Installations;

/// <summary>The silo inside this process: it holds the data folder and trains in it.</summary>
internal sealed class Silo : IAsyncDisposable
{
    private readonly EmbeddedHost _host;

    private Silo(EmbeddedHost host) => _host = host;

    public IGrainFactory Grains => _host.Grains;

    /// <summary>Where this process logs.</summary>
    public ILoggerFactory Logs => _host.Logs;

    /// <summary>Takes the data folder and does nothing yet.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="command">What the user typed.</param>
    /// <param name="device">The one device that this process computes on.</param>
    /// <param name="trustCode">Whether TorchScript files may be run.</param>
    /// <param name="supervises">Whether all unfinished runs of the folder go on.</param>
    /// <exception cref="DisBackException">This machine has no such device.</exception>
    public static Silo Take(DataFolder folder, string command, string device, bool trustCode, bool supervises = false)
    {
        var accelerator = Accelerators.Open(device);
        var options = new EmbeddedOptions
        {
            DataFolder = folder.Path,
            Command = command,
            Log = true,
            Supervises = supervises,
            OrleansDashboard = true,
            Services = services => AddServices(services, folder),
            Training = training => training.Devices.Add(accelerator),
        };
        return new(EmbeddedHost.Take(options, new SpecTrainingFactory(trustCode, Path.Combine(folder.Path, DataFolder.CacheName))));
    }

    /// <summary>Starts, once.</summary>
    public Task StartAsync(CancellationToken cancellation) => _host.StartAsync(cancellation);

    public async ValueTask DisposeAsync() => await _host.StopAsync();

    /// <summary>Metrics and traces leave the process only where a collector is named: the exporter reads the standard OTEL_ variables itself.</summary>
    private static void AddServices(IServiceCollection services, DataFolder folder)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT")))
        {
            return;
        }
        Disks.Observe([("data", folder.Path)]);
        NvidiaDevices.Observe();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("disback"))
            .WithMetrics(metrics => metrics.SetExemplarFilter(ExemplarFilterType.TraceBased).AddMeter(Instruments.Name, "Microsoft.Orleans"))
            .WithTracing(traces => traces.AddSource(Instruments.Name, "Microsoft.Orleans.Application"))
            .UseOtlpExporter();
    }
}
