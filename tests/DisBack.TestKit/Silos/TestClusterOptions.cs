using DisBack.Contracts.Hosting;
using DisBack.TestKit.Networks;

namespace DisBack.TestKit.Silos;

/// <summary>What a test's cluster consists of.</summary>
public sealed record TestClusterOptions
{
    /// <summary>Control silos.</summary>
    public int Controls { get; init; } = 1;

    /// <summary>Worker silos.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Slots of each worker.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Whether the workers run under their supervisors.</summary>
    public bool Supervised { get; init; }

    /// <summary>Gives every silo a host of its own on a network that can be cut.</summary>
    public Network? Network { get; init; }

    /// <summary>Size of a disk of its own for each worker's scratch folder, which can be filled; needs a network of hosts. None unless given.</summary>
    public int? ScratchMebibytes { get; init; }

    /// <summary>Who keeps the membership; <c>DISBACK_TEST_MEMBERSHIP</c> names another than Redis for all tests that do not say.</summary>
    public MembershipKind Membership { get; init; } =
        Enum.Parse<MembershipKind>(Environment.GetEnvironmentVariable("DISBACK_TEST_MEMBERSHIP") ?? nameof(MembershipKind.Redis));

    /// <summary>Configuration of every silo on top of what its place in the cluster says; <see cref="Quick"/> unless given.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = Quick;

    /// <summary>Times so short that a test need not wait for them, and workers that do not warm up: a test starts many for one short run each.</summary>
    public static IReadOnlyDictionary<string, string> Quick { get; } = new Dictionary<string, string>(QuickAndWarm) { ["Worker:WarmUp"] = "false" };

    /// <summary>The same with workers as they are by default.</summary>
    public static IReadOnlyDictionary<string, string> QuickAndWarm => new Dictionary<string, string>
    {
        // A worker that is there before any control silo logs an error for it, and tests of faults count errors.
        ["OrleansDashboard"] = "false",
        ["Detection:ProbeTimeout"] = "00:00:01",
        ["Detection:MissedProbes"] = "2",
        ["Detection:TableRefresh"] = "00:00:05",
        ["Detection:IAmAlive"] = "00:00:02",
        ["Detection:Guard"] = "00:00:02",
        ["Supervision:Ensure"] = "00:00:02",
        ["Training:Heartbeat"] = "00:00:00.5",
        ["Training:Stale"] = "00:00:10",
        ["Training:DeadMan"] = "00:00:20",
        ["Training:Drain"] = "00:00:20",
        ["Training:Supervise"] = "00:00:01",
        ["Training:Report"] = "00:00:01",
        ["Training:PoolSettle"] = "00:00:02",
        ["Training:StorageGrace"] = "00:02:00",
        ["Blobs:Azure:NetworkTimeout"] = "00:00:04",
        ["Retry:FirstDelay"] = "00:00:00.5",
        ["Retry:LongestDelay"] = "00:00:05",
        ["Retry:Lost"] = "1000",
        ["Retry:Storage"] = "1000",
    };
}
