using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Specs.Reading;
using DisBack.Storage;

namespace DisBack.Cli.Terminal;

/// <summary>Documents as <c>--json</c> prints them: as they are stored, with the JSON texts inside them as JSON.</summary>
internal static class DocumentJson
{
    private static readonly string[] s_texts = ["spec", "network"];

    public static JsonObject Of<T>(T document)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(document, StorageJson.Options)!;
        foreach (var name in s_texts)
        {
            if (json[name]?.GetValue<string>() is { Length: > 0 } text)
            {
                json[name] = SpecJson.Sections(text);
            }
        }
        return json;
    }
}
