using DisBack.Distillation.Hosts.ScoreMatching;
using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Hosts;

/// <summary>The hosts by the method that a spec names.</summary>
internal static class HostRegistry
{
    private static readonly Dictionary<HostMethod, Func<HostContext, IDistillationHost>> _hosts = new()
    {
        [HostMethod.Dmd] = context => new DmdHost(context),
        [HostMethod.DiffInstruct] = context => new DiffInstructHost(context),
        [HostMethod.Score] = context => new ScoreHost(context),
    };

    /// <summary>Makes the host that the settings name.</summary>
    /// <exception cref="DisBackException">No host is registered under the name.</exception>
    public static IDistillationHost Create(HostContext context) =>
        _hosts.TryGetValue(context.Settings.Host, out var create)
            ? create(context)
            : throw new DisBackException($"This build has no host '{context.Settings.Host}'; it has {string.Join(", ", _hosts.Keys)}.");
}
