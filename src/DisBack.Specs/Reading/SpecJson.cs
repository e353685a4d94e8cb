using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Reading;

/// <summary>Specs as JSON: <c>snake_case</c> properties, <c>kebab-case</c> choices, and the canonical form that gives a spec its identity.</summary>
public static class SpecJson
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>How every spec and every settings record in it is read and written.</summary>
    public static JsonSerializerOptions Options { get; } = NewOptions();

    /// <summary>The spec as JSON with every default filled in, properties in the order they are declared.</summary>
    public static JsonNode ToNode<T>(T spec) where T : notnull => JsonSerializer.SerializeToNode(spec, Options)!;

    /// <summary>The spec from JSON that <see cref="ToNode"/> or <see cref="Canonical"/> wrote.</summary>
    /// <exception cref="DisBackException">The text is not the JSON of such a spec.</exception>
    public static T FromJson<T>(string json) where T : notnull
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("it is null");
        }
        catch (Exception cause) when (cause is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw Unreadable(cause);
        }
    }

    /// <summary>The sections of a stored spec as they are, without the defaults of those that are left out.</summary>
    /// <exception cref="DisBackException">The text is not the JSON of a spec.</exception>
    public static JsonObject Sections(string json)
    {
        try
        {
            var sections = JsonNode.Parse(json, documentOptions: s_strict) as JsonObject ?? throw new JsonException("it is no object");
            // An escape that stands for no character is noticed where it is written, and not before.
            _ = sections.ToJsonString();
            return sections;
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            throw Unreadable(cause);
        }
    }

    /// <summary>
    /// The spec's canonical JSON: compact, every default filled in, keys in ordinal order. Two specs that mean the same have the same bytes,
    /// however they were written and whichever order their properties are declared in; the digest of it is the spec's identity.
    /// </summary>
    public static string Canonical<T>(T spec) where T : notnull => Sorted(ToNode(spec))!.ToJsonString();

    private static DisBackException Unreadable(Exception cause) => new($"A stored spec cannot be read ({cause.Message.TrimEnd('.')}): submit it again, with "
        + "the version of DisBack that the installation has.", cause);

    /// <summary>The same value with the keys of every section in ordinal order.</summary>
    internal static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject section => new JsonObject(section.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static JsonSerializerOptions NewOptions()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true,
            IgnoreReadOnlyProperties = true,
            AllowOutOfOrderMetadataProperties = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { NetworkJson.SkipForeignFields } },
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        };
        options.MakeReadOnly();
        return options;
    }
}
