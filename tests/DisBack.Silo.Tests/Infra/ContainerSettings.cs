using DisBack.Contracts.Hosting;
using DisBack.Gateway.Configuration;
using Microsoft.Extensions.Configuration;

namespace DisBack.Silo.Tests.Infra;

/// <summary>What a container's variables mean to the silo in it.</summary>
internal static class ContainerSettings
{
    /// <summary>Reads them as the silo does, and refuses what the silo refuses.</summary>
    public static SiloSettings Read(IEnumerable<KeyValuePair<string, string>> environment) =>
        SiloConfiguration.Read(Configuration("silo/DisBack.Silo", environment));

    /// <summary>The same for a gateway.</summary>
    public static GatewaySettings ReadGateway(IEnumerable<KeyValuePair<string, string>> environment) =>
        GatewayConfiguration.Read(Configuration("client/DisBack.Gateway", environment));

    /// <summary>What a silo may take to stop: its runs reach a checkpoint, and it says goodbye.</summary>
    public static TimeSpan LongestStop(SiloSettings settings) => settings.Training.Drain + SiloHost.Farewell + SiloHost.StopMargin;

    /// <summary>How long a silo that starts waits for silos that are gone.</summary>
    public static TimeSpan LongestColdWait(SiloSettings settings) => 3 * settings.Detection.IAmAlive;

    private static IConfigurationRoot Configuration(string project, IEnumerable<KeyValuePair<string, string>> environment) => new ConfigurationBuilder()
        .AddJsonFile(Tree.PathOf($"{project}/appsettings.json"))
        .AddInMemoryCollection(environment.Where(variable => variable.Key.StartsWith(StrictSettings.Prefix, StringComparison.Ordinal))
            .Select(variable => KeyValuePair.Create(
                variable.Key[StrictSettings.Prefix.Length..].Replace("__", ":", StringComparison.Ordinal),
                (string?)variable.Value)))
        .Build();

    /// <summary>Whether a file may be written below one of the folders; not in the very folder, because the silo deletes and makes it.</summary>
    public static bool IsBelow(string path, IEnumerable<string> folders) => folders.Any(folder => path.StartsWith($"{folder}/", StringComparison.Ordinal));
}
