using System.Text.Json;
using System.Text.Json.Serialization;

namespace DisBack.Storage.Metrics;

/// <summary>
/// Chunk lines are JSON like every document, on one line and without the half that is null. A point without a name or an event without a text is damage:
/// whoever reads a line may rely on what its type says.
/// </summary>
internal static class ChunkJson
{
    public static JsonSerializerOptions Options { get; } = new(StorageJson.Options)
    {
        WriteIndented = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };
}
