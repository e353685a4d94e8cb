using System.Text.Json.Nodes;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Contracts.Documents;

/// <summary>A value of a spec that named a file of the submitter's machine, and what stands there since the file is stored.</summary>
/// <param name="Key">The key, such as <c>evaluation.features</c> or <c>data</c>.</param>
/// <param name="Written">The value as it was written, as canonical JSON.</param>
/// <param name="Stored">The value as it is submitted, as canonical JSON.</param>
[GenerateSerializer, Immutable, Alias("disback.StoredValue.v1")]
public sealed record StoredValue([property: Id(0)] string Key, [property: Id(1)] string Written, [property: Id(2)] string Stored)
{
    /// <summary>An experiment with what is stored in the places of what was written.</summary>
    public static ExperimentSpec PutIn(ExperimentSpec spec, IReadOnlyCollection<StoredValue> values)
    {
        if (values.Count == 0)
        {
            return spec;
        }
        var json = (JsonObject)SpecJson.ToNode(spec);
        foreach (var value in values)
        {
            value.PutIn(json);
        }
        return SpecJson.FromJson<ExperimentSpec>(json.ToJsonString());
    }

    /// <summary>Only where what was written stands there.</summary>
    private void PutIn(JsonObject spec)
    {
        var keys = Key.Split('.');
        var around = keys.SkipLast(1).Aggregate((JsonNode?)spec, (section, key) => (section as JsonObject)?[key]);
        if (around is JsonObject parent && JsonNode.DeepEquals(parent[keys[^1]], JsonNode.Parse(Written)))
        {
            parent[keys[^1]] = JsonNode.Parse(Stored);
        }
    }
}
