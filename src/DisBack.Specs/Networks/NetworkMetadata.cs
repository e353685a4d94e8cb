namespace DisBack.Specs.Networks;

/// <summary>Which network a weights file holds, as the free text fields of its header tell it.</summary>
public static class NetworkMetadata
{
    private const string SettingsKey = "network";

    /// <summary>The fields that tell a network.</summary>
    public static Dictionary<string, string> Of(NetworkSettings settings) => OfJson(settings.ToJson());

    /// <summary>The fields that tell a network whose settings are text already (<see cref="NetworkJson"/>).</summary>
    public static Dictionary<string, string> OfJson(string settings) => new() { [SettingsKey] = settings };

    /// <summary>The network's settings as the fields tell them.</summary>
    /// <param name="metadata">The free text fields of the file.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="DisBackException">The file does not say which network it holds.</exception>
    public static NetworkSettings Read(IReadOnlyDictionary<string, string> metadata, string name) =>
        metadata.TryGetValue(SettingsKey, out var settings)
            ? NetworkJson.FromJson(settings, name)
            : throw new DisBackException(
                $"'{name}' does not say which network it holds: its metadata has no '{SettingsKey}'; import it with `disback teacher import --network`.");
}
