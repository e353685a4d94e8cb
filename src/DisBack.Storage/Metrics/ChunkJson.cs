using System.Text.Json;
using System.Text.Json.Serialization;

namespace DisBack.Storage.Metrics;

/// <summary>Chunk lines are JSON like every document, on one line and without the half that is null.</summary>
internal static class ChunkJson
{
    public static JsonSerializerOptions Options { get; } = new(StorageJson.Options)
    {
        WriteIndented = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}
