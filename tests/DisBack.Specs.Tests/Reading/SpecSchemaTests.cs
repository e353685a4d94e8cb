using System.Text.Json.Nodes;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Reading;

public sealed class SpecSchemaTests
{
    private readonly JsonNode _schema = JsonNode.Parse(SpecSchema.Of<ToySpec>())!;

    [Fact]
    public void Bounds_choices_defaults_and_descriptions_are_those_of_the_record()
    {
        Assert.Equal("""{"description":"Steps.","type":"integer","minimum":1,"default":10}""", At("properties.training.properties.steps"));
        Assert.Equal("""{"description":"Rate.","type":"number","exclusiveMinimum":0,"default":0.001}""", At("properties.training.properties.rate"));
        Assert.Equal(
            """{"description":"Betas.","type":"array","items":{"type":"number","minimum":0,"maximum":1},"minItems":2,"maxItems":2,"default":[0,0.999]}""",
            At("properties.training.properties.betas"));
        Assert.Equal(
            "Clip, or `null`; `none` in a `dry` training, or one that is `small-and-quick`.",
            Node("properties.training.properties.clip.description").GetValue<string>());
        Assert.Equal("""{"description":"Kind.","enum":["small-and-quick","large"],"default":"small-and-quick"}""", At("properties.training.properties.kind"));
        Assert.Equal("""["name"]""", At("required"));
        Assert.Equal("false", At("additionalProperties"));
    }

    [Fact]
    public void A_choice_of_sections_is_told_apart_by_its_discriminator()
    {
        var choices = Node("properties.policy.anyOf").AsArray().Select(choice => Resolved(choice!));
        var every = choices.Single(c => c!["properties"]!["policy"]!["const"]!.GetValue<string>() == "every")!;
        Assert.Equal("""["policy"]""", At("properties.policy.required"));
        Assert.Equal("""["interval"]""", every["required"]!.ToJsonString());
        Assert.Equal("Every few steps.", every["description"]!.GetValue<string>());
    }

    [Fact]
    public void A_missing_file_of_descriptions_is_named_with_its_folder()
    {
        var missing = Path.Combine(AppContext.BaseDirectory, "DisBack.Elsewhere.xml");
        var error = Assert.Throws<DisBackException>(() => XmlSummaries.Read(missing));
        Assert.Contains("copy 'DisBack.Elsewhere.xml' from the build", error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetDirectoryName(missing)!, error.Message, StringComparison.Ordinal);
    }

    private string At(string path) => Node(path).ToJsonString();

    /// <summary>What is at a path, across references to definitions.</summary>
    private JsonNode Node(string path) => path.Split('.').Aggregate(_schema, (node, key) => Resolved(node[key]!));

    private JsonNode Resolved(JsonNode node) => node is JsonObject schema && schema["$ref"]?.GetValue<string>() is { } path
        ? new JsonObject(schema.Where(part => part.Key != "$ref").Concat(_schema["$defs"]![path["#/$defs/".Length..]]!.AsObject())
            .Select(part => KeyValuePair.Create(part.Key, part.Value?.DeepClone())))
        : node;
}
