using DisBack.Orchestration.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;

namespace DisBack.Orchestration.Tests.Placement;

/// <summary>Where the grains of Orleans' dashboard go, as a silo tells the others of its cluster.</summary>
public sealed class DashboardPlacementTests
{
    private const string Namespace = "Orleans.Dashboard.";
    private const string Role = "disback-role";
    private const StringComparison Ordinal = StringComparison.Ordinal;

    [Theory, InlineData(true), InlineData(false)]
    public async Task They_go_to_control_silos_and_a_silo_that_does_not_collect_has_none(bool collects)
    {
        var folder = Directory.CreateTempSubdirectory("disback-placement-").FullName;
        var options = new EmbeddedOptions { DataFolder = folder, OrleansDashboard = collects };
        await using (var host = await EmbeddedHost.StartAsync(options, new ScriptedTraining(), TestContext.Current.CancellationToken))
        {
            var grains = host.Services.GetRequiredService<IClusterManifestProvider>().LocalGrainManifest.Grains.Values
                .Select(grain => grain.Properties)
                .Where(properties => properties[WellKnownGrainTypeProperties.FullTypeName].StartsWith(Namespace, Ordinal))
                .ToList();
            Assert.Equal(collects ? 3 : 0, grains.Count);
            Assert.All(grains, properties => Assert.Equal("Control", Assert.Single(properties, property => property.Key.EndsWith(Role, Ordinal)).Value));
        }
        Directory.Delete(folder, recursive: true);
    }
}
