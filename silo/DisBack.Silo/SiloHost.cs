using System.Net;
using System.Net.Sockets;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Hosting;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace DisBack.Silo;

/// <summary>One silo as a process: the cluster's membership outside, the grains and the training runtime of every size inside.</summary>
internal static class SiloHost
{
    /// <summary>How long the silo may take to leave the cluster once the runs have stopped.</summary>
    internal static readonly TimeSpan Farewell = TimeSpan.FromSeconds(20);

    /// <summary>How long after that the process ends, whatever it still waits for.</summary>
    internal static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(2);

    internal const string LivePath = "/health/live";
    internal const string ReadyPath = "/health/ready";
    internal const string MetricsPath = "/metrics";

    public static async Task<int> RunAsync(string[] arguments)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = arguments, ContentRootPath = AppContext.BaseDirectory });
        StrictSettings.SetSources(builder.Configuration, arguments);
        var settings = SiloConfiguration.Read(builder.Configuration);
        var isWorker = settings.Role.HasFlag(SiloRole.Worker);
        var standby = Silo.Standby.OfThisProcess();
        // A worker whose device is missing is refused before it joins.
        var device = isWorker ? settings.Device : null;
        // The silo that runs has the scratch folder and the device's memory, and a standby neither.
        using var scratch = isWorker && standby is null ? HaveAlone(settings.ScratchFolder) : null;
        await using var warmUp = isWorker && settings.Worker.WarmUp
            ? TrainingWarmUp.Start(standby is null ? device! : new Accelerator(0, "cpu", "cpu", 1))
            : null;
        var address = await AddressAsync(settings.Endpoints.Address);

        builder.Logging.ClearProviders().AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "O"));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.IsLoopback(address) ? address : IPAddress.Any, settings.Endpoints.Http));
        // A control silo has no runs to drain.
        var stop = (isWorker ? settings.Training.Drain : TimeSpan.Zero) + Farewell;
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = stop);
        builder.AddObservability(settings);
        builder.Services.AddSingleton<SiloLife>();
        builder.Services.AddHealthChecks().AddCheck<SiloLife>("silo", tags: [SiloLife.Readiness]);
        builder.UseOrleans(silo => Configure(silo, settings, address, device, warmUp));
        // Outlives the drain of the runs and the silo itself: its own loss is what ends them.
        builder.Services.AddHostedService<Supervised>();

        await using var host = builder.Build();
        host.MapHealthChecks(LivePath, new HealthCheckOptions { Predicate = _ => false });
        host.MapHealthChecks(ReadyPath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(SiloLife.Readiness) });
        host.MapPrometheusScrapingEndpoint(MetricsPath);
        if (standby is not null && !await StandByAsync(standby))
        {
            return ExitCodes.Stopped;
        }
        using var inherited = isWorker && standby is not null ? HaveAlone(settings.ScratchFolder) : null;
        // Running disposes the services.
        var life = host.Services.GetRequiredService<SiloLife>();
        using var limit = ActivatorUtilities.CreateInstance<StopLimit>(
            host.Services,
            stop + StopMargin,
            (Action)life.ExitAtOnce,
            TimeProvider.System);
        await host.RunAsync();
        return life.ExitCode;
    }

    /// <summary>Compiles the start of a silo, and waits until this process is to be it.</summary>
    /// <returns>False when the supervisor has ended.</returns>
    private static async Task<bool> StandByAsync(Standby standby)
    {
        using var over = new CancellationTokenSource();
        var warmUp = SiloWarmUp.RunAsync(over.Token);
        _ = warmUp.ContinueWith(
            _ => Console.Error.WriteLineAsync("disback-silo: a second process stands by."), CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        var promoted = await standby.Promoted;
        // What is not done by now is done on the way.
        await over.CancelAsync();
        _ = warmUp.ContinueWith(done => done.Exception, TaskScheduler.Default);
        return promoted;
    }

    private static void Configure(ISiloBuilder silo, SiloSettings settings, IPAddress address, Accelerator? device, TrainingWarmUp? warmUp)
    {
        silo.Configure<SiloOptions>(options => options.SiloName = settings.Name);
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = address;
            (endpoint.SiloPort, endpoint.GatewayPort) = (settings.Endpoints.Silo, settings.Endpoints.Gateway);
            endpoint.SiloListeningEndpoint = new IPEndPoint(address, settings.Endpoints.Silo);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(address, settings.Endpoints.Gateway);
        });
        SiloMembership.Add(silo, settings);
        silo.AddDisBack(
            settings.Role,
            blobs => Bind(nameof(SiloSettings.Blobs), blobs),
            cache => (cache.Folder, cache.CapacityBytes) = (settings.CacheFolder, settings.Worker.CacheBytes),
            training =>
            {
                SiloSettings.OfCluster(training);
                Bind(nameof(SiloSettings.Training), training);
                training.Scratch = settings.ScratchFolder;
                if (device is not null)
                {
                    training.Devices.Add(device);
                }
            },
            retry => Bind(nameof(SiloSettings.Retry), retry));
        silo.AddOrleansDashboard(settings.OrleansDashboard);
        if (settings.Role.HasFlag(SiloRole.Control))
        {
            silo.AddRunSupervision(supervision => Bind(nameof(SiloSettings.Supervision), supervision));
        }
        if (settings.Role.HasFlag(SiloRole.Worker))
        {
            silo.Services.AddSingleton<ITrainingFactory>(new SpecTrainingFactory(trustCode: false, settings.CacheFolder));
            if (warmUp is not null)
            {
                silo.Services.AddSingleton(warmUp);
            }
        }

        void Bind(string section, object options) => silo.Configuration.GetSection(section).Bind(options);
    }

    /// <summary>Locks the scratch folder, which is emptied at the start: the operating system gives it back when the process ends, however it ends.</summary>
    private static FileStream HaveAlone(string scratch)
    {
        try
        {
            Directory.CreateDirectory(scratch);
            return new FileStream(Path.Combine(scratch, "disback.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"The scratch folder '{scratch}' cannot be had alone ({e.Message.TrimEnd('.')}); give this silo a Name or a "
                + "Worker:Scratch of its own.", e);
        }
    }

    /// <summary>Orleans advertises addresses, people write names.</summary>
    private static async Task<IPAddress> AddressAsync(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            return address;
        }
        try
        {
            return (await Dns.GetHostAddressesAsync(text)) is [var first, ..]
                ? first
                : throw new DisBackException($"Endpoints:Address is '{text}', which has no address; name this machine as the others know it.");
        }
        catch (SocketException e)
        {
            throw new DisBackException($"Endpoints:Address is '{text}', which cannot be found ({e.Message}); name this machine as the others know it.", e);
        }
    }
}
