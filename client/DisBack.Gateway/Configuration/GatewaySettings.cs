using DisBack.Contracts.Hosting;
using DisBack.Storage.Blobs;

namespace DisBack.Gateway.Configuration;

/// <summary>
/// All that can be configured: in <c>appsettings.json</c>, by environment variables with the prefix <c>DISBACK_</c> and <c>__</c> between levels
/// (<c>DISBACK_CLUSTER__REDIS</c>), or on the command line (<c>--Cluster:Redis</c>); the later wins.
/// </summary>
internal sealed class GatewaySettings
{
    public const string Help = """
        The HTTP gateway of a DisBack cluster: the one thing that outsiders reach.

        Settings come from appsettings.json, from environment variables (DISBACK_TOKENS__FILE) and from the command line (--Tokens:File):
          Tokens:File                    who may do what; make entries with 'token add'
          Cluster:Id, Cluster:Membership (Localhost, Redis, AzureTables)
          Cluster:Redis | Cluster:Tables:AccountAddress | Cluster:Tables:ConnectionString
          Endpoints:SiloGateway          HOST:PORT of the one silo where Cluster:Membership is Localhost (127.0.0.1:30000)
          Blobs:Folder | Blobs:AccountAddress | Blobs:ConnectionString, Blobs:Container
          Endpoints:Address, Endpoints:Http     where it listens in plain HTTP (127.0.0.1, 8090); Kestrel:Endpoints instead of them for HTTPS
          Endpoints:TlsTerminatedAhead   true where a proxy in front does TLS; without it plain HTTP is served to this machine only
          Limits:SubmitsPerMinute (60) of a token, Limits:SubmitsAtOnce (16) of all, Limits:Connections (4096)
          Limits:DocumentBytes (1 MiB), Limits:ContentBytes (8 GiB), Limits:ListAge (00:00:01)
          Notifications:File             rules of what is told to whom when runs change; see client/README.md
          Scratch                        folder of this process alone for contents on their way to the store
        """;

    /// <summary>Which cluster it is a client of.</summary>
    public ClusterSettings Cluster { get; set; } = new();

    /// <summary>Where it listens, and where a single silo does.</summary>
    public EndpointSettings Endpoints { get; set; } = new();

    /// <summary>Where everything durable lies.</summary>
    public BlobStoreOptions Blobs { get; set; } = new();

    /// <summary>Who may use it.</summary>
    public TokenSettings Tokens { get; set; } = new();

    /// <summary>How much of it one may use.</summary>
    public LimitSettings Limits { get; set; } = new();

    /// <summary>Who is told what.</summary>
    public NotificationSettings Notifications { get; set; } = new();

    /// <summary>
    /// Folder of this process alone for contents on their way to the store, its part 'uploads' emptied at the start. Default: a new one in the system's
    /// temporary folder.
    /// </summary>
    public string? Scratch { get; set; }
}

/// <summary>Where the gateway listens, and where a single silo does.</summary>
internal sealed class EndpointSettings
{
    /// <summary>Address to listen on in plain HTTP. Default: loopback.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port to listen on; 0 takes a free one. Default: 8090.</summary>
    public int Http { get; set; } = 8090;

    /// <summary>Whether a proxy in front of this process does TLS, so that plain HTTP on other addresses than loopback is right. Default: no.</summary>
    public bool TlsTerminatedAhead { get; set; }

    /// <summary>The Orleans gateway of the one silo, where the membership is in its memory. Default: this machine's.</summary>
    public string SiloGateway { get; set; } = "127.0.0.1:30000";
}

/// <summary>Who may use the gateway.</summary>
internal sealed class TokenSettings
{
    /// <summary>The file of names, roles and hashes of tokens. Default: none, and no start without one.</summary>
    public string? File { get; set; }
}

/// <summary>Who is told when runs change.</summary>
internal sealed class NotificationSettings
{
    /// <summary>The file of rules. Default: none, and nobody is told.</summary>
    public string? File { get; set; }
}

/// <summary>How much of the gateway one may use.</summary>
internal sealed class LimitSettings
{
    /// <summary>Submissions that a token may make in a minute. Default: 60.</summary>
    public int SubmitsPerMinute { get; set; } = 60;

    /// <summary>Submissions that are worked on at the same time; eight times as many wait, and the rest is told to come back. Default: 16.</summary>
    public int SubmitsAtOnce { get; set; } = 16;

    /// <summary>Open connections; what comes beyond is closed at once. Default: 4096.</summary>
    public int Connections { get; set; } = 4096;

    /// <summary>Bytes of a request that is not a content. Default: 1 MiB.</summary>
    public long DocumentBytes { get; set; } = 1 << 20;

    /// <summary>Bytes of a content. Default: 8 GiB.</summary>
    public long ContentBytes { get; set; } = 8L << 30;

    /// <summary>How old a list may be. Default: one second.</summary>
    public TimeSpan ListAge { get; set; } = TimeSpan.FromSeconds(1);
}
