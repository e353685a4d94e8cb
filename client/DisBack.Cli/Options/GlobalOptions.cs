using System.CommandLine;

namespace DisBack.Cli.Options;

/// <summary>The options that every verb understands. They are added to the root command once and read when an installation is opened.</summary>
internal static class GlobalOptions
{
    /// <summary>Holds the token that a cluster asks for.</summary>
    public const string TokenVariable = "DISBACK_TOKEN";

    private const string DataVariable = "DISBACK_DATA";
    private const string ClusterVariable = "DISBACK_CLUSTER";

    /// <summary>Where everything durable is.</summary>
    public static readonly Option<string> Data = new("--data")
    {
        Description = $"Folder of everything durable; {DataVariable} names another default.",
        HelpName = "DIR",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(DataVariable) is { Length: > 0 } folder ? folder : "disback-data",
    };

    /// <summary>Whether files that are programs may be run.</summary>
    public static readonly Option<bool> TrustCode = new("--trust-code")
    {
        Description = "Run TorchScript files that a spec names as features. They are programs with all your rights; a cluster never runs them.",
        Recursive = true,
    };

    /// <summary>The cluster to work with, instead of a data folder.</summary>
    public static readonly Option<string?> Cluster = new("--cluster")
    {
        Description = $"Address of a cluster's gateway, instead of working in the data folder; {ClusterVariable} names a default. "
            + "Files of runs are put under --data.",
        HelpName = "URL",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(ClusterVariable),
    };

    /// <summary>Where the cluster's token is.</summary>
    public static readonly Option<string?> TokenFile = new("--token-file")
    {
        Description = $"File with the cluster's token; without it, {TokenVariable} holds the token.",
        HelpName = "FILE",
        Recursive = true,
    };
}
