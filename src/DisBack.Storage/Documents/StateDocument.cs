using System.Text.Json;

namespace DisBack.Storage.Documents;

/// <summary>The bytes of a grain document.</summary>
public static class StateDocument
{
    /// <summary>Writes a document.</summary>
    public static BinaryData Write<T>(T state) => BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(state, StorageJson.Options));

    /// <summary>Reads a document; <paramref name="location"/> and <paramref name="name"/> say in messages which one.</summary>
    /// <exception cref="CorruptDocumentException">It is not valid JSON of that shape.</exception>
    public static T? Parse<T>(string location, string name, BinaryData content)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(content.ToMemory().Span, StorageJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            var line = e is JsonException { LineNumber: { } number } ? $" at line {number + 1}" : "";
            throw new CorruptDocumentException(
                $"The document '{name}' in {location} is not a valid {typeof(T).Name}{line}: {e.Message.TrimEnd('.')}; restore it from a copy.",
                e);
        }
    }
}
