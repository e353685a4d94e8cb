using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;

namespace DisBack.Specs.Sweeps;

/// <summary>One case of an axis: a name, and what the experiment has with it.</summary>
public sealed record AxisCase
{
    /// <summary>The name, in tables and charts.</summary>
    [MinLength(1)]
    public required string Name { get; init; }

    /// <summary>
    /// Keys of the experiment, such as <c>backtracking.host</c>, and what each is; whatever a key may be, whole sections included. Without any the experiment
    /// stays as it is.
    /// </summary>
    public ImmutableDictionary<string, JsonNode?> Set { get; init; } = ImmutableDictionary<string, JsonNode?>.Empty;
}
