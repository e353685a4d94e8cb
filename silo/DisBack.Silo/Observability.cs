using System.Reflection;
using DisBack.Contracts.Hosting;
using DisBack.Orchestration.Placement;
using DisBack.Telemetry;
using DisBack.Telemetry.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace DisBack.Silo;

/// <summary>What leaves the process: metrics for Prometheus to fetch, and metrics, traces and logs by OTLP where a collector is named.</summary>
internal static class Observability
{
    private static readonly string[] s_orleansSources
        = ["Microsoft.Orleans.Application", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Lifecycle", "Microsoft.Orleans.Storage"];

    public static void AddObservability(this WebApplicationBuilder builder, SiloSettings settings)
    {
        var version = typeof(Observability).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        // That is where OpenTelemetry looks for them.
        StrictSettings.AddVariables(builder.Configuration, "OTEL_");
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                .AddService("disback-silo", serviceNamespace: settings.Cluster.Id, serviceVersion: version, serviceInstanceId: settings.Name)
                .AddAttributes([new("disback.role", settings.Role.ToString().ToLowerInvariant())]))
            .WithMetrics(metrics => metrics
                .AddMeter(Instruments.Name, "Microsoft.Orleans")
                .SetExemplarFilter(ExemplarFilterType.TraceBased)
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter())
            .WithTracing(traces => traces.AddSource([Instruments.Name, .. s_orleansSources]));
        if (settings.Role.HasFlag(SiloRole.Worker))
        {
            Disks.Observe([("scratch", settings.ScratchFolder), ("cache", settings.CacheFolder)]);
            NvidiaDevices.Observe();
        }
        // This variable decides whether, the other standard ones how.
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }
        builder.Logging.AddOpenTelemetry(logs => (logs.IncludeFormattedMessage, logs.ParseStateValues) = (true, true));
        telemetry.UseOtlpExporter();
    }
}
