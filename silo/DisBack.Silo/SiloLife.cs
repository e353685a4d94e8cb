using System.Runtime.InteropServices;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace DisBack.Silo;

/// <summary>Whether this silo takes part in the cluster, and with which exit code it ends.</summary>
internal sealed partial class SiloLife(IClusterMembershipService membership, ILocalSiloDetails silo, IHostApplicationLifetime lifetime) : IHealthCheck
{
    /// <summary>Tag of the checks of whether the silo is ready.</summary>
    public const string Readiness = "ready";

    private volatile string? _leaving;

    public int ExitCode { get; private set; }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);
        return Task.FromResult(
            _leaving is { } reason ? HealthCheckResult.Unhealthy(reason)
            : lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The silo is shutting down.")
            : status == SiloStatus.Active ? HealthCheckResult.Healthy($"{silo.Name} is active.")
            : HealthCheckResult.Unhealthy($"{silo.Name} is {status.ToString().ToLowerInvariant()}."));
    }

    /// <summary>Stops in good order, to be started again.</summary>
    public void Restart(string reason)
    {
        _leaving = reason;
        ExitCode = ExitCodes.Restart;
        lifetime.StopApplication();
    }

    /// <summary>Ends the process with its exit code, without anybody's farewell.</summary>
    public void ExitAtOnce() => ExitProcess(ExitCode);

    /// <summary>Not <see cref="Environment.Exit"/>, which waits for the host that is just being stopped.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitProcess(int code);
}
