using DisBack.Contracts.Grains;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

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
        // Where one of them is free no more, the warm-up fails, and the standby is merely colder.
        var (siloPort, gatewayPort) = LoopbackSilo.FreePorts();
        silo.UseLoopback(Path.GetFileName(folder), siloPort, gatewayPort);
        // No worker: its devices would be counted twice.
        silo.AddDisBack(
            SiloRole.Control,
            blobs => blobs.Folder = folder,
            cache => cache.Folder = Path.Combine(folder, "cache"),
            training => training.Scratch = Path.Combine(folder, "scratch"));
        silo.AddOrleansDashboard(collects: true);
    }
}
