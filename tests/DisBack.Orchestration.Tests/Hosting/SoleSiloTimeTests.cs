using System.Runtime.CompilerServices;
using DisBack.Orchestration.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Hosting;

/// <summary>What of Orleans does not run in a silo without others, and that this version of Orleans is asked for it by the right name.</summary>
public sealed class SoleSiloTimeTests
{
    [Fact]
    public async Task The_timer_of_the_stall_detector_never_fires_and_others_do()
    {
        var type = typeof(Silo).Assembly.GetType(SoleSiloTime.StallDetector);
        Assert.True(type is not null, $"Orleans has no {SoleSiloTime.StallDetector} any more: what has taken its place?");
        using var fired = new SemaphoreSlim(0);
        var time = new SoleSiloTime();
        var ofDetector = 0;

        await using (time.CreateTimer(_ => ofDetector++, RuntimeHelpers.GetUninitializedObject(type), TimeSpan.Zero, TimeSpan.FromMilliseconds(1)))
        await using (time.CreateTimer(_ => fired.Release(), new object(), TimeSpan.Zero, TimeSpan.FromMilliseconds(1)))
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.True(await fired.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "The other timer does not fire.");
            }
        }
        Assert.Equal(0, ofDetector);
    }

    [Fact]
    public async Task The_embedded_silo_has_this_time()
    {
        var folder = Directory.CreateTempSubdirectory("disback-time-").FullName;
        await using (var host = await EmbeddedHost.StartAsync(
            new EmbeddedOptions { DataFolder = folder }, new ScriptedTraining(), TestContext.Current.CancellationToken))
        {
            Assert.IsType<SoleSiloTime>(host.Services.GetRequiredService<TimeProvider>());
        }
        Directory.Delete(folder, recursive: true);
    }
}
