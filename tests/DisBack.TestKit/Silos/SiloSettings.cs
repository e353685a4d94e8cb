using System.Net;
using DisBack.TestKit.Networks;

namespace DisBack.TestKit.Silos;

/// <summary>One silo of a test.</summary>
public sealed record SiloSettings
{
    public required string Name { get; init; }

    public required SiloRole Role { get; init; }

    /// <summary>Where it keeps its scratch, its cache and its log.</summary>
    public required string Folder { get; init; }

    /// <summary>The configuration, <c>Section:Key</c> to value, on top of what follows from the rest.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of its environment that are no configuration.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The host it runs on; this machine unless given.</summary>
    public NetworkHost? Host { get; init; }

    /// <summary>Whether it runs under its own supervisor, which restarts it.</summary>
    public bool Supervised { get; init; }

    /// <summary>The address it is known by.</summary>
    public IPAddress Address => Host?.Address ?? IPAddress.Loopback;
}
