using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace DisBack.Specs.Networks;

/// <summary>
/// Network settings as the text in a weights file's metadata: snake_case fields, kebab-case values, defaults included.
/// </summary>
/// <remarks>
/// The text is part of the file's bytes, so its form is fixed: the digests of teachers, nodes and students depend on it. It lists the fields of EDM's
/// networks in the order below, and for ADM also those that only the other family has, at their defaults, as version 0.1.0 wrote them.
/// </remarks>
public static class NetworkJson
{
    private const string Discriminator = "model_type";

    private static readonly string[] s_order =
    [
        "precond", Discriminator, "img_resolution", "img_channels", "label_dim", "augment_dim", "model_channels", "channel_mult", "channel_mult_emb",
        "num_blocks", "attn_resolutions", "dropout", "label_dropout", "embedding_type", "channel_mult_noise", "encoder_type", "decoder_type", "resample_filter",
        "sigma_data", "sigma_min", "sigma_max", "beta_d", "beta_min", "epsilon_t", "time_steps", "c1", "c2",
    ];

    /// <summary>A field of EDM's own files: in which precision it computed, which changes no weight.</summary>
    private const string Precision = "use_fp16";

    /// <summary>The fields of SongUNet that the text of an ADM network has beside its own.</summary>
    private static readonly string[] s_foreignToAdm = ["embedding_type", "channel_mult_noise", "encoder_type", "decoder_type", "resample_filter"];

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        AllowOutOfOrderMetadataProperties = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { SkipForeignFields } },
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The text of a network's settings.</summary>
    public static string ToJson(this NetworkSettings settings)
    {
        var fields = JsonSerializer.SerializeToNode(settings, s_options)!.AsObject();
        if (settings is DhariwalUnetSettings)
        {
            var foreign = JsonSerializer.SerializeToNode<NetworkSettings>(new SongUnetSettings(), s_options)!.AsObject();
            foreach (var name in s_foreignToAdm)
            {
                fields[name] = foreign[name]!.DeepClone();
            }
        }

        var known = s_order.Where(fields.ContainsKey);
        var others = fields.Select(field => field.Key).Except(s_order);
        return new JsonObject(known.Concat(others).Select(name => KeyValuePair.Create(name, fields[name]?.DeepClone()))).ToJsonString();
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <param name="origin">Where it comes from, for the message of an error.</param>
    /// <exception cref="DisBackException">The text is not the JSON of network settings.</exception>
    public static NetworkSettings FromJson(string json, string origin)
    {
        try
        {
            var settings = JsonNode.Parse(json, documentOptions: s_strict) as JsonObject ?? throw new JsonException("it is no object");
            RefuseUnknown(settings, origin);
            return settings.Deserialize<NetworkSettings>(s_options)!;
        }
        catch (Exception cause) when (cause is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new DisBackException($"The network settings of '{origin}' cannot be read ({cause.Message}): write them anew with this version.", cause);
        }
    }

    /// <summary>Lets readers skip the fields of files that are neither settings nor keys of a spec.</summary>
    internal static void SkipForeignFields(JsonTypeInfo type)
    {
        if (!type.Type.IsSubclassOf(typeof(UNetSettings)))
        {
            return;
        }
        foreach (var name in type.Type == typeof(DhariwalUnetSettings) ? s_foreignToAdm.Append(Precision) : [Precision])
        {
            var skipped = type.CreateJsonPropertyInfo(typeof(JsonElement), name);
            skipped.Set = (_, _) => { };
            type.Properties.Add(skipped);
        }
    }

    /// <summary>Names a field that no network has; the serializer's own words are about its types.</summary>
    private static void RefuseUnknown(JsonObject settings, string origin)
    {
        var choices = s_options.GetTypeInfo(typeof(NetworkSettings)).PolymorphismOptions!.DerivedTypes;
        var chosen = choices.FirstOrDefault(choice => settings[Discriminator] is JsonValue value && value.TryGetValue<string>(out var name)
            && name == (string)choice.TypeDiscriminator!);
        if (chosen.DerivedType is null)
        {
            throw new DisBackException($"The network settings of '{origin}' name no '{Discriminator}' of this version: it is one of "
                + $"{string.Join(", ", choices.Select(choice => choice.TypeDiscriminator))}.");
        }
        var properties = s_options.GetTypeInfo(chosen.DerivedType).Properties;
        var known = properties.Where(property => property.Set is not null).Select(property => property.Name).ToHashSet();
        if (settings.Select(field => field.Key).FirstOrDefault(key => key != Discriminator && !known.Contains(key)) is { } unknown)
        {
            throw new DisBackException($"The network settings of '{origin}' have the field '{unknown}', which no network of this version has: remove it, or "
                + "give the settings with --network.");
        }
    }
}
