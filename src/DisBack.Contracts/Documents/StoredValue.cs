using System.Text.Json.Nodes;

namespace DisBack.Contracts.Documents;

/// <summary>A value of a spec that named a file of the submitter's machine, and what stands there since the file is stored.</summary>
/// <param name="Key">The key, such as <c>evaluation.features</c> or <c>data</c>.</param>
/// <param name="Written">The value as it was written, as canonical JSON.</param>
/// <param name="Stored">The value as it is submitted, as canonical JSON.</param>
[GenerateSerializer, Immutable, Alias("disback.StoredValue.v1")]
public sealed record StoredValue([property: Id(0)] string Key, [property: Id(1)] string Written, [property: Id(2)] string Stored)
{
    /// <summary>Puts what is stored in the place of what was written, if that is what stands there.</summary>
    /// <param name="spec">The spec as JSON.</param>
    public void PutIn(JsonObject spec)
    {
        var keys = Key.Split('.');
        JsonNode? around = spec;
        foreach (var key in keys.SkipLast(1))
        {
            around = (around as JsonObject)?[key];
        }
        if (around is JsonObject section && JsonNode.DeepEquals(section[keys[^1]], JsonNode.Parse(Written)))
        {
            section[keys[^1]] = JsonNode.Parse(Stored);
        }
    }
}
