using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DisBack.Storage;

/// <summary>How DisBack writes JSON to storage, and how tolerantly it reads it.</summary>
public static class StorageJson
{
    /// <summary>
    /// Documents for people and programs: snake_case properties, kebab-case enum values, indented. Unknown properties are skipped and missing
    /// ones take their defaults, so that documents may gain fields and be read by older and newer programs alike.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = true,
            AllowOutOfOrderMetadataProperties = true,
            // Losses that ran away are data, too.
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            // The documents are never pasted into a web page unescaped; names should read as they were written.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
