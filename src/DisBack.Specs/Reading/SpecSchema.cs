using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace DisBack.Specs.Reading;

/// <summary>
/// The JSON Schema (draft 2020-12) of a spec, so that editors complete and check it: the same records and bounds that <see cref="SpecReader"/> uses, described
/// by their XML documentation. Each record is one definition.
/// </summary>
public static class SpecSchema
{
    private const string Reference = "$ref";

    /// <summary>Marks the record that a schema is of, until it has become a definition.</summary>
    private const string Mark = "record";

    /// <summary>The schema of <typeparamref name="T"/> as indented JSON that ends with a line break.</summary>
    /// <exception cref="DisBackException">The XML documentation of the records is not where their assembly is.</exception>
    public static string Of<T>() where T : class
    {
        var (schema, definitions) = ExportOf<T>();
        return Text<T>(schema, definitions);
    }

    /// <summary>
    /// The schema of <typeparamref name="T"/> with one more section, of <typeparamref name="TSection"/>, with which any other key may be left out.
    /// </summary>
    /// <param name="key">The key of the section.</param>
    /// <exception cref="DisBackException">As of <see cref="Of"/>.</exception>
    public static string OfExtended<T, TSection>(string key)
        where T : class
        where TSection : class
    {
        var (schema, definitions) = ExportOf<T>();
        var (section, others) = ExportOf<TSection>();
        foreach (var (name, definition) in others)
        {
            definitions[name] = definition;
        }
        schema["properties"]![key] = section;
        schema["required"] = new JsonArray(key);
        return Text<T>(schema, definitions);
    }

    private static (JsonObject Schema, SortedDictionary<string, JsonNode> Definitions) ExportOf<T>()
    {
        var summaries = new XmlSummaries();
        var exporter = new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Annotated(context, node, summaries),
        };
        var exported = (JsonObject)SpecJson.Options.GetJsonSchemaAsNode(typeof(T), exporter);
        var definitions = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        exported.Remove(Mark);
        return ((JsonObject)Defined(exported, exported, definitions), definitions);
    }

    private static string Text<T>(JsonObject schema, SortedDictionary<string, JsonNode> definitions)
    {
        var document = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = typeof(T).Name };
        foreach (var (key, value) in schema)
        {
            document[key] = value?.DeepClone();
        }
        document["$defs"] = new JsonObject(definitions.Select(definition => KeyValuePair.Create(definition.Key, (JsonNode?)definition.Value)));
        return document.ToJsonString(
            new JsonSerializerOptions(SpecJson.Options) { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private static JsonNode Annotated(JsonSchemaExporterContext context, JsonNode node, XmlSummaries summaries)
    {
        if (node is not JsonObject schema)
        {
            return node;
        }
        var property = context.PropertyInfo;
        if (summaries.Of(property?.AttributeProvider as MemberInfo ?? context.TypeInfo.Type) is { } description)
        {
            schema.Insert(0, "description", description);
        }
        MakeOptional(schema, context.TypeInfo);
        if (schema["type"] is JsonValue && Attribute.IsDefined(context.TypeInfo.Type, typeof(ListMeansAttribute)))
        {
            schema["type"] = new JsonArray("object", "array");
        }
        RemoveSkipped(schema, context.TypeInfo);
        if (schema.ContainsKey("properties") || schema.ContainsKey("anyOf"))
        {
            schema[Mark] = context.TypeInfo.Type.Name;
        }
        if (property is null)
        {
            return schema;
        }
        foreach (var rule in SpecWalker.Rules(property))
        {
            Constrain(schema, property, rule);
        }
        if (!property.IsRequired && !schema.ContainsKey(Reference) && DefaultOf(property) is { } value)
        {
            schema["default"] = value;
        }
        return schema;
    }

    /// <summary>The same schema with records as references; what is said where a record is used, its description and default, stays there.</summary>
    private static JsonNode Defined(JsonNode node, JsonNode root, SortedDictionary<string, JsonNode> definitions)
    {
        if (node is JsonArray items)
        {
            return new JsonArray([.. items.Select(item => item is null ? null : Defined(item, root, definitions))]);
        }
        if (node is not JsonObject schema)
        {
            return node.DeepClone();
        }
        // The exporter's own references are paths into what is about to be taken apart.
        if (schema[Reference]?.GetValue<string>() is { } path)
        {
            var target = (JsonObject)path.Split('/').Skip(1).Aggregate(root, At);
            return Defined(WithValues(target, schema, target), root, definitions);
        }
        var (used, body) = (new JsonObject(), new JsonObject());
        foreach (var (key, value) in schema.Where(part => part.Key != Mark))
        {
            (key is "description" or "default" ? used : body)[key] = value is null ? null : Defined(value, root, definitions);
        }
        if (schema[Mark]?.GetValue<string>() is not { } name)
        {
            return WithValues(schema, used, body);
        }
        JsonNode? nothing = null;
        if (body["type"] is JsonArray types && types[1]!.GetValue<string>() == "null")
        {
            // A record that may be absent is the same record.
            (body["type"], nothing) = (types[0]!.DeepClone(), types[1]!.DeepClone());
        }
        if (!definitions.TryAdd(name, body) && !JsonNode.DeepEquals(definitions[name], body))
        {
            throw new InvalidOperationException($"Two schemas are called {name}.");
        }
        var reference = $"#/$defs/{name}";
        if (nothing is null)
        {
            used[Reference] = reference;
        }
        else
        {
            used["anyOf"] = new JsonArray(new JsonObject { [Reference] = reference }, new JsonObject { ["type"] = nothing });
        }
        return used;

        static JsonNode At(JsonNode from, string key) => from is JsonArray array ? array[int.Parse(key, CultureInfo.InvariantCulture)]! : from[key]!;

        static JsonObject WithValues(JsonObject keys, JsonObject first, JsonObject second) =>
            new(keys.Select(part => KeyValuePair.Create(part.Key, (first[part.Key] ?? second[part.Key])?.DeepClone())));
    }

    /// <summary>A choice that has a default need not be named.</summary>
    private static void MakeOptional(JsonObject schema, JsonTypeInfo type)
    {
        if (type.PolymorphismOptions is not null && SpecWalker.Default(type) is not null)
        {
            schema.Remove("required");
        }
    }

    /// <summary>What readers of files pass over is no key of a spec.</summary>
    private static void RemoveSkipped(JsonObject schema, JsonTypeInfo type)
    {
        foreach (var skipped in type.Properties.Where(property => property.Get is null))
        {
            (schema["properties"] as JsonObject)?.Remove(skipped.Name);
        }
    }

    private static void Constrain(JsonObject schema, JsonPropertyInfo property, ValidationAttribute rule)
    {
        switch (rule)
        {
            case RangeAttribute range:
                var numbers = schema["items"] as JsonObject ?? schema;
                Bound(numbers, range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum", range.Minimum);
                Bound(numbers, range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum", range.Maximum);
                break;
            case LengthAttribute length:
                (schema["minItems"], schema["maxItems"]) = (length.MinimumLength, length.MaximumLength);
                break;
            case MinLengthAttribute least:
                schema[SizeOf(property.PropertyType)] = least.Length;
                break;
            case MaxLengthAttribute most:
                schema[property.PropertyType == typeof(string) ? "maxLength" : "maxItems"] = most.Length;
                break;
            case AllowedValuesAttribute allowed:
                schema["enum"] = JsonSerializer.SerializeToNode(allowed.Values);
                break;
            case RegularExpressionAttribute form:
                schema["pattern"] = form.Pattern;
                break;
        }
    }

    private static string SizeOf(Type type) => type == typeof(string) ? "minLength"
        : SpecJson.Options.GetTypeInfo(type).Kind == JsonTypeInfoKind.Dictionary ? "minProperties"
        : "minItems";

    private static void Bound(JsonObject schema, string keyword, object value)
    {
        var bound = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        if (Math.Abs(bound) < int.MaxValue)
        {
            schema[keyword] = bound;
        }
    }

    private static JsonNode? DefaultOf(JsonPropertyInfo property)
    {
        var owner = SpecJson.Options.GetTypeInfo(property.DeclaringType);
        var value = owner.CreateObject is { } create ? property.Get!(create()) : null;
        var json = value is null ? null : JsonSerializer.SerializeToNode(value, property.PropertyType, SpecJson.Options);
        // The properties of a section show their own defaults; only a choice between sections has one of its own.
        return json is JsonObject && SpecJson.Options.GetTypeInfo(property.PropertyType).PolymorphismOptions is null ? null : json;
    }
}
