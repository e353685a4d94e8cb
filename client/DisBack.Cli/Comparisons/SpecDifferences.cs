using System.Text.Json.Nodes;

namespace DisBack.Cli.Comparisons;

/// <summary>The keys by which specs differ.</summary>
internal static class SpecDifferences
{
    /// <summary>Each key that has not the same value in all specs, with its value in each; null where a spec does not have it.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string?>> Of(IEnumerable<JsonObject> specs)
    {
        var leaves = specs.Select(spec => Leaves(spec, "").ToDictionary(StringComparer.Ordinal)).ToList();
        var differing = new SortedDictionary<string, IReadOnlyList<string?>>(StringComparer.Ordinal);
        foreach (var key in leaves.SelectMany(spec => spec.Keys).Distinct())
        {
            var values = leaves.Select(spec => spec.GetValueOrDefault(key)).ToList();
            if (values.Distinct().Count() > 1)
            {
                differing[key] = values;
            }
        }
        return differing;
    }

    private static IEnumerable<KeyValuePair<string, string>> Leaves(JsonObject section, string prefix) => section.SelectMany(property => property.Value switch
    {
        JsonObject { Count: > 0 } inner => Leaves(inner, $"{prefix}{property.Key}."),
        null => [],
        JsonValue value when value.TryGetValue(out string? text) => [KeyValuePair.Create(prefix + property.Key, text)],
        var other => [KeyValuePair.Create(prefix + property.Key, other.ToJsonString())],
    });
}
