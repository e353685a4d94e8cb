using DisBack.Orchestration.Placement;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Metadata;

namespace DisBack.Orchestration.Hosting;

/// <summary>What a gateway shows of a silo in Orleans' own dashboard.</summary>
public static class OrleansDashboard
{
    /// <summary>
    /// Has a silo collect its counters, once a second, and the times of calls, while somebody looks. Every silo of a cluster does so or none: the dashboard
    /// asks all of them.
    /// </summary>
    /// <param name="silo">The silo, after <see cref="DisBackSilo.AddDisBack"/>: nothing of a worker waits for its dashboard.</param>
    /// <param name="collects">Whether it does. Where not, the cluster does not know the grains either, which would be activated in vain.</param>
    public static ISiloBuilder AddOrleansDashboard(this ISiloBuilder silo, bool collects)
    {
        if (!collects)
        {
            silo.Services.PostConfigure<GrainTypeOptions>(types => types.Classes.RemoveWhere(DashboardPlacement.IsOfDashboard));
            return silo;
        }
        silo.AddDashboard();
        silo.Services.AddSingleton<IGrainPropertiesProvider, DashboardPlacement>();
        return silo;
    }
}
