using DisBack.Distillation.Hosts.DiscriminatorFlow;
using DisBack.Distillation.Hosts.Dmd2;
using DisBack.Distillation.Hosts.FakeFirst;
using DisBack.Distillation.Hosts.ScoreMatching;
using DisBack.Distillation.Hosts.Sds;
using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Hosts;

/// <summary>The hosts by the settings that a spec chooses, whose names are listed with <see cref="BacktrackingSettings"/>.</summary>
internal static class HostRegistry
{
    private static readonly Dictionary<Type, Func<HostContext, IDistillationHost>> s_hosts = new()
    {
        [typeof(DmdSettings)] = Of<DmdSettings>((context, settings) => new DmdHost(context, settings)),
        [typeof(DiffInstructSettings)] = Of<DiffInstructSettings>((context, settings) => new DiffInstructHost(context, settings)),
        [typeof(ScoreSettings)] = Of<ScoreSettings>((context, settings) => new ScoreHost(context, settings)),
        [typeof(Dmd2Settings)] = Of<Dmd2Settings>((context, settings) => new Dmd2Host(context, settings)),
        [typeof(FDistillSettings)] = Of<FDistillSettings>((context, settings) => new Dmd2Host(context, settings)),
        [typeof(VsdSettings)] = Of<VsdSettings>((context, settings) => new VsdHost(context, settings)),
        [typeof(SdsSettings)] = Of<SdsSettings>((context, settings) => new SdsHost(context, settings)),
        [typeof(ScoreGanSettings)] = Of<ScoreGanSettings>((context, settings) => new ScoreGanHost(context, settings)),
        [typeof(DiscriminatorFlowSettings)] = Of<DiscriminatorFlowSettings>((context, settings) => new DiscriminatorFlowHost(context, settings)),
        [typeof(SidSettings)] = Of<SidSettings>((context, settings) => new SidHost(context, settings)),
    };

    /// <summary>The settings that have a host.</summary>
    public static IReadOnlyCollection<Type> Settings => s_hosts.Keys;

    /// <summary>Makes the host that the settings choose.</summary>
    /// <exception cref="DisBackException">No host is registered for them.</exception>
    public static IDistillationHost Create(HostContext context) =>
        s_hosts.TryGetValue(context.Settings.GetType(), out var create)
            ? create(context)
            : throw new DisBackException($"This build has no host for {context.Settings.GetType().Name}; it has those for "
                + $"{string.Join(", ", s_hosts.Keys.Select(type => type.Name))}.");

    private static Func<HostContext, IDistillationHost> Of<T>(Func<HostContext, T, IDistillationHost> create)
        where T : BacktrackingSettings => context => create(context, (T)context.Settings);
}
