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

    /// <summary>The fields of SongUNet that the text of an ADM network has beside its own.</summary>
    private static readonly string[] s_foreignToAdm = ["embedding_type", "channel_mult_noise", "encoder_type", "decoder_type", "resample_filter"];

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
            return JsonSerializer.Deserialize<NetworkSettings>(json, s_options) ?? throw new JsonException("it is null");
        }
        catch (Exception cause) when (cause is JsonException or NotSupportedException)
        {
            throw new DisBackException($"The network settings of '{origin}' cannot be read ({cause.Message}): write them anew with this version.", cause);
        }
    }

    /// <summary>Lets the reader of ADM settings skip the fields that <see cref="ToJson"/> adds; they are neither settings nor keys of a spec.</summary>
    internal static void SkipForeignFields(JsonTypeInfo type)
    {
        if (type.Type != typeof(DhariwalUnetSettings))
        {
            return;
        }

        foreach (var name in s_foreignToAdm)
        {
            var skipped = type.CreateJsonPropertyInfo(typeof(JsonElement), name);
            skipped.Set = (_, _) => { };
            type.Properties.Add(skipped);
        }
    }
}
