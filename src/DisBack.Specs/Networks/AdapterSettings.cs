using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>
/// Products of two small matrices that are added to the weights of a network's layers and trained in their place (LoRA, arXiv 2106.09685). All but the first
/// and the last layer and the embeddings of time have one, as in DMD2.
/// </summary>
public sealed record AdapterSettings
{
    /// <summary>Rank of each product; a layer that has fewer inputs or outputs takes its own.</summary>
    [Range(1, 4096)]
    public int Rank { get; init; } = 64;

    /// <summary>A product counts alpha / rank times; absent is the rank. DMD2 took 8.</summary>
    [Range(1e-3, 1e6)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Alpha { get; init; }

    /// <summary>How often a product counts.</summary>
    [JsonIgnore]
    public double Scale => (Alpha ?? Rank) / Rank;
}
