using DisBack.Orchestration.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Metadata;

namespace DisBack.Orchestration.Hosting;

/// <summary>What a gateway shows of a silo in Orleans' own dashboard.</summary>
public static class OrleansDashboard
{
    private static readonly TimeSpan s_collected = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Has a silo collect the state of its runtime, and while somebody looks its counters, once a second, and the times of calls. Every silo of a cluster does
    /// so or none: the dashboard asks all of them.
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
        var others = silo.Services.ToHashSet();
        // The runtime's state is collected whether somebody looks or not, by way of the management grain, a stateless worker and the only one: once a second,
        // with two looks for idle workers, that was a quarter of what a process computes that waits for work.
        silo.AddDashboard(dashboard => dashboard.CounterUpdateIntervalMs = (int)s_collected.TotalMilliseconds);
        silo.Configure<StatelessWorkerOptions>(workers => workers.IdleWorkersInspectionPeriod = s_collected);
        silo.Services.AddSingleton<IGrainPropertiesProvider, DashboardPlacement>();
        ReadCountersOnDemand(silo.Services, [.. silo.Services.Where(service => !others.Contains(service))]);
        return silo;
    }

    /// <summary>
    /// Takes what reads the counters out of the start of the silo and has <see cref="CountersOnDemand"/> start it. The profiler of calls, the only other part
    /// of the dashboard in the life cycle, starts as before. Neither is a public type.
    /// </summary>
    private static void ReadCountersOnDemand(IServiceCollection services, IReadOnlyList<ServiceDescriptor> ofDashboard)
    {
        var reader = ofDashboard.Single(service => typeof(IHostedService).IsAssignableFrom(service.ImplementationType)).ImplementationType!;
        var profiler = ofDashboard.Single(service =>
            service.ImplementationType != reader && typeof(ILifecycleParticipant<ISiloLifecycle>).IsAssignableFrom(service.ImplementationType)).ServiceType;
        foreach (var service in ofDashboard)
        {
            if (service.ServiceType == typeof(IHostedService) || service.ServiceType == typeof(ILifecycleParticipant<ISiloLifecycle>))
            {
                services.Remove(service);
            }
        }
        services.AddSingleton(provider => (ILifecycleParticipant<ISiloLifecycle>)provider.GetRequiredService(profiler));
        services.AddSingleton<IIncomingGrainCallFilter>(provider =>
            new CountersOnDemand(() => Start(ActivatorUtilities.CreateInstance(provider, reader))));
    }

    private static IDisposable Start(object reader)
    {
        // Not awaited: it calls the service of the dashboard that has just been called, and logs what fails.
        _ = ((IHostedService)reader).StartAsync(CancellationToken.None);
        ((ILifecycleParticipant<ISiloLifecycle>)reader).Participate(new StartedSilo());
        return (IDisposable)reader;
    }

    /// <summary>The life cycle of a silo that has passed all stages of its start: whoever joins it starts at once.</summary>
    private sealed class StartedSilo : ISiloLifecycle, IDisposable
    {
        public int HighestCompletedStage => int.MaxValue;

        public int LowestStoppedStage => int.MaxValue;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            _ = observer.OnStart(CancellationToken.None);
            return this;
        }

        public void Dispose()
        {
            // Nothing is unsubscribed: what has been started is disposed of.
        }
    }
}
