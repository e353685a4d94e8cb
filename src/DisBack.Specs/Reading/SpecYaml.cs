using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DisBack.Specs.Reading;

/// <summary>Writes a spec back as YAML that <see cref="SpecReader"/> reads to an equal spec.</summary>
public static class SpecYaml
{
    /// <summary>The spec with every default filled in.</summary>
    public static string Write<T>(T spec) where T : notnull
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings(bestIndent: 2, bestWidth: 160, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(SpecJson.ToNode(spec), emitter);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Emit(JsonNode? node, Emitter emitter)
    {
        switch (node)
        {
            case JsonObject section:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
                foreach (var (key, value) in section)
                {
                    emitter.Emit(new Scalar(key));
                    Emit(value, emitter);
                }
                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(
                    AnchorName.Empty,
                    TagName.Empty,
                    isImplicit: true,
                    list.Any(i => i is JsonObject) ? SequenceStyle.Block : SequenceStyle.Flow));
                foreach (var item in list)
                {
                    Emit(item, emitter);
                }
                emitter.Emit(new SequenceEnd());
                break;
            default:
                emitter.Emit(Value(node));
                break;
        }
    }

    private static Scalar Value(JsonNode? node)
    {
        if (node is null)
        {
            return new Scalar("null");
        }
        if (node.GetValueKind() != JsonValueKind.String)
        {
            return new Scalar(node.ToJsonString());
        }
        // Text that would be read as a number, a truth value or null by YAML is quoted, so that other tools read text as well.
        var text = node.GetValue<string>();
        var ambiguous = text is "" or "~" or "true" or "false" || text.Equals("null", StringComparison.OrdinalIgnoreCase) || char.IsAsciiDigit(text[0])
            || text[0] is '.' or '-' or '+';
        return new Scalar(
            AnchorName.Empty,
            TagName.Empty,
            text,
            ambiguous ? ScalarStyle.DoubleQuoted : ScalarStyle.Any,
            isPlainImplicit: true,
            isQuotedImplicit: true);
    }
}
