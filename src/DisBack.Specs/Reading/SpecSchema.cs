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
/// by
/// their XML documentation.
/// </summary>
public static class SpecSchema
{
    /// <summary>The schema of <typeparamref name="T"/> as indented JSON that ends with a line break.</summary>
    /// <exception cref="DisBackException">The XML documentation of the records is not where their assembly is.</exception>
    public static string Of<T>() where T : class
    {
        var summaries = new XmlSummaries();
        var exporter = new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Annotated(context, node, summaries),
        };
        var schema = (JsonObject)SpecJson.Options.GetJsonSchemaAsNode(typeof(T), exporter);
        var document = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = typeof(T).Name };
        foreach (var (key, value) in schema)
        {
            document[key] = value?.DeepClone();
        }
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
        RemoveSkipped(schema, context.TypeInfo);
        if (property is null)
        {
            return schema;
        }
        foreach (var rule in SpecWalker.Rules(property))
        {
            Constrain(schema, property, rule);
        }
        if (!property.IsRequired && !schema.ContainsKey("$ref") && DefaultOf(property) is { } value)
        {
            schema["default"] = value;
        }
        return schema;
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
                schema[property.PropertyType == typeof(string) ? "minLength" : "minItems"] = least.Length;
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
