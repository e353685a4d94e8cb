using DisBack.Specs.Files;

namespace DisBack.Specs.Networks;

/// <summary>Which network a weights file holds, as the free text fields of its header tell it.</summary>
public static class NetworkMetadata
{
    private const string SettingsKey = "network";

    /// <summary>The fields that tell a network.</summary>
    public static Dictionary<string, string> Of(NetworkSettings settings) => OfJson(settings.ToJson());

    /// <summary>The fields that tell a network whose settings are text already (<see cref="NetworkJson"/>).</summary>
    public static Dictionary<string, string> OfJson(string settings) => new() { [SettingsKey] = settings };

    /// <summary>Whether the fields tell a network.</summary>
    public static bool IsTold(IReadOnlyDictionary<string, string> metadata) => metadata.ContainsKey(SettingsKey);

    /// <summary>The network of a file that has at least as many numbers as that: what its metadata say alone is quickly written.</summary>
    /// <param name="header">The header of the file.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="DisBackException">The file does not say which network it holds, or lacks a part of it.</exception>
    public static NetworkSettings Read(SafetensorsHeader header, string name)
    {
        var network = Read(header.Metadata, name);
        network.Validate();
        var needed = network is TextUnetSettings { Adapter: { } adapters } texts ? texts.AdapterParameters(adapters.Rank) : network.Size.Parameters;
        var numbers = header.Entries.Values.Sum(entry => entry.Shape.Aggregate(1L, (elements, extent) => elements * extent));
        return numbers >= needed
            ? network
            : throw new DisBackException($"'{name}' holds {numbers:N0} numbers where its network has {needed:N0} parameters: name a complete file.");
    }

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
