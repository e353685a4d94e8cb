using Orleans.Dashboard;
using Orleans.Metadata;

namespace DisBack.Orchestration.Placement;

/// <summary>The grains of Orleans' dashboard go to control silos: a worker that trains collects its own counters, and not those of the cluster.</summary>
internal sealed class DashboardPlacement(IServiceProvider services) : IGrainPropertiesProvider
{
    private static readonly PlacedOnAttribute s_placement = new(SiloRole.Control);

    /// <summary>Whether a grain is one of the dashboard.</summary>
    public static bool IsOfDashboard(Type grainClass) => grainClass.Assembly == typeof(DashboardOptions).Assembly;

    public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        if (IsOfDashboard(grainClass))
        {
            s_placement.Populate(services, grainClass, grainType, properties);
        }
    }
}
