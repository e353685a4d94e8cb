using DisBack.Storage.Blobs;

namespace DisBack.Storage.Documents;

/// <summary>Where grain documents lie: <c>state/{service}/{grain type}/{escaped key}/{state name}.json</c>.</summary>
public static class StateNames
{
    /// <summary>The start of the names of all documents, whatever their service and kind.</summary>
    public const string Root = BlobNames.Documents;

    /// <summary>The blob of one document.</summary>
    /// <param name="serviceId">The Orleans service id: the identity of the data.</param>
    /// <param name="grainType">The grain type, for example <c>trial</c>.</param>
    /// <param name="key">The grain's key, any characters.</param>
    /// <param name="stateName">The name in <c>[PersistentState]</c>.</param>
    public static string Of(string serviceId, string grainType, string key, string stateName) =>
        $"{Folder(serviceId, grainType)}{Escape(key)}/{Leaf(stateName)}";

    /// <summary>The last segment of the names of all documents of a state name.</summary>
    public static string Leaf(string stateName) => $"{Escape(stateName)}.json";

    /// <summary>The start of the names of all documents of a grain type, and of those whose keys start with <paramref name="keyPrefix"/>.</summary>
    public static string Prefix(string serviceId, string grainType, string keyPrefix = "") =>
        Folder(serviceId, grainType) + (keyPrefix.Length == 0 ? "" : Uri.EscapeDataString(keyPrefix));

    /// <summary>The key and the state name of a document of that grain type; null for a blob of another kind.</summary>
    public static (string Key, string StateName)? Parse(string serviceId, string grainType, string blobName)
    {
        var folder = Folder(serviceId, grainType);
        return blobName.StartsWith(folder, StringComparison.Ordinal)
            && blobName.EndsWith(".json", StringComparison.Ordinal)
            && blobName[folder.Length..^".json".Length].Split('/') is [var key, var stateName]
                ? (Uri.UnescapeDataString(key), Uri.UnescapeDataString(stateName))
                : null;
    }

    /// <summary>A document as people call it, by its kind and key: <c>trial smoke-01234567/0000</c>; a name of another form as it is.</summary>
    public static string Describe(string blobName) => blobName.Split('/') is ["state", _, var kind, var key, _]
        ? $"{Uri.UnescapeDataString(kind)} {Uri.UnescapeDataString(key)}"
        : blobName;

    private static string Folder(string serviceId, string grainType) => $"{Root}{Escape(serviceId)}/{Escape(grainType)}/";

    /// <summary>Keys may hold '/' and anything else; a segment of dots alone would be a way up the tree.</summary>
    private static string Escape(string part) =>
        part.Length > 0 && part.All(c => c == '.') ? part.Replace(".", "%2E", StringComparison.Ordinal) : Uri.EscapeDataString(part);
}
