using DisBack.Dashboard.Tests.Browsing;

[assembly: AssemblyFixture(typeof(TrainedSite))]

namespace DisBack.Dashboard.Tests.Browsing;

/// <summary>A site with two finished runs and a finished sweep, for tests that look.</summary>
public sealed class TrainedSite : IAsyncLifetime
{
    public Site Site { get; private set; } = null!;

    /// <summary>Ids of two runs that walk one trajectory.</summary>
    public string First { get; private set; } = "";

    public string Second { get; private set; } = "";

    /// <summary>Id of a sweep of four.</summary>
    public string Sweep { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Site = await Site.StartAsync(taught: true);
        First = await Site.RunAsync(TinySpecs.Experiment("first"));
        Second = await Site.RunAsync(TinySpecs.Experiment("second", steps: 80));
        Sweep = await Site.SweepAsync(TinySpecs.Sweep("grid"));
        foreach (var run in new[] { First, Second, $"{Sweep}/0000", $"{Sweep}/0001", $"{Sweep}/0002", $"{Sweep}/0003" })
        {
            Assert.Equal("completed", (string?)(await Site.SettledAsync(run))["run"]!["status"]);
        }
    }

    public ValueTask DisposeAsync() => Site.DisposeAsync();
}
