using System.Reflection;
using DisBack.Contracts.Hosting;
using DisBack.Gateway.Configuration;
using DisBack.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DisBack.Gateway.Diagnostics;

/// <summary>What leaves the process: metrics for Prometheus to fetch, and metrics, traces and logs by OTLP where a collector is named.</summary>
internal static class Observability
{
    /// <summary>The version of this program.</summary>
    public static string Version { get; } = typeof(Observability).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static void AddObservability(this WebApplicationBuilder builder, GatewaySettings settings)
    {
        // That is where OpenTelemetry looks for them.
        StrictSettings.AddVariables(builder.Configuration, "OTEL_");
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("disback-gateway", serviceNamespace: settings.Cluster.Id, serviceVersion: Version))
            .WithMetrics(metrics => metrics
                .AddMeter(Instruments.Name, "Microsoft.Orleans")
                .SetExemplarFilter(ExemplarFilterType.TraceBased)
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter())
            .WithTracing(traces => traces.AddSource("Microsoft.Orleans.Application").AddAspNetCoreInstrumentation());
        // This variable decides whether, the other standard ones how.
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }
        builder.Logging.AddOpenTelemetry(logs => (logs.IncludeFormattedMessage, logs.ParseStateValues) = (true, true));
        telemetry.UseOtlpExporter();
    }
}
