using System.Text.Json;

namespace DisBack.Storage.Documents;

/// <summary>The bytes of a grain document.</summary>
public static class StateDocument
{
    /// <summary>The version of documents that this build writes, and the newest that it may read: an older build would drop what it does not know.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Null where a document must have something is damage, and is seen here rather than by whoever looks at it first.</summary>
    private static readonly JsonSerializerOptions s_reading = new(StorageJson.Options) { RespectNullableAnnotations = true };

    /// <summary>Writes a document.</summary>
    public static BinaryData Write<T>(T state) => BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(state, StorageJson.Options));

    /// <summary>Reads a document; <paramref name="location"/> and <paramref name="name"/> say in messages which one.</summary>
    /// <exception cref="CorruptDocumentException">It is not valid JSON of that shape, or a newer version wrote it.</exception>
    public static T? Parse<T>(string location, string name, BinaryData content)
    {
        try
        {
            if (VersionOf(content.ToMemory().Span) is > SchemaVersion and var version)
            {
                throw new CorruptDocumentException(
                    $"The document '{name}' in {location} has schema version {version}, but this build knows {SchemaVersion}: a newer version of DisBack "
                    + "wrote it, so use that one.");
            }
            return JsonSerializer.Deserialize<T>(content.ToMemory().Span, s_reading);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            var line = e is JsonException { LineNumber: { } number } ? $" at line {number + 1}" : "";
            throw new CorruptDocumentException(
                $"The document '{name}' in {location} is not a valid {typeof(T).Name}{line}: {e.Message.TrimEnd('.')}; restore it from a copy.",
                e);
        }
    }

    private static long? VersionOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isVersion = reader.ValueTextEquals("schema_version"u8);
            reader.Read();
            if (isVersion)
            {
                return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var version) ? version : null;
            }
            reader.Skip();
        }
        return null;
    }
}
