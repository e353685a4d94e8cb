using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Sweeps;

/// <summary>
/// What one key of the experiment may be: one of some values, or a number of a range; a list alone is its values. Or named cases, each of which sets several
/// keys.
/// </summary>
[ListMeans("values")]
public sealed record Axis : IValidatableObject
{
    /// <summary>Values to choose among: whatever the key may be, whole sections included.</summary>
    [MinLength(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<JsonNode?>? Values { get; init; }

    /// <summary>Cases to choose among, such as the arms of a comparison. The axis has a name of its own then, and is no key of the experiment.</summary>
    [MinLength(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AxisCase>? Cases { get; init; }

    /// <summary>The lowest number. Whether it is a whole one follows from the key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Low { get; init; }

    /// <summary>The highest number, itself included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? High { get; init; }

    /// <summary>Whether the logarithm is searched evenly: as many trials from 1e-5 to 1e-4 as from 1e-4 to 1e-3.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Log { get; init; }

    /// <summary>Only numbers this far apart, beginning with the lowest.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Step { get; init; }

    /// <summary>In a grid, how many numbers of the range, evenly apart, both ends included.</summary>
    [Range(2, 10_000)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Count { get; init; }

    /// <summary>The unit of the numbers, such as <c>images</c>, for the headings of tables and charts; it changes no value.</summary>
    [MinLength(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Unit { get; init; }

    /// <summary>Another axis and the values of its with which this one counts; with others the key is left as the experiment has it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableDictionary<string, IReadOnlyList<JsonNode?>>? When { get; init; }

    /// <summary>What it chooses among: its values, or the names of its cases; null for a range.</summary>
    [JsonIgnore]
    public IReadOnlyList<JsonNode?>? Choices => Values ?? Cases?.Select(named => (JsonNode?)named.Name).ToList();

    /// <summary>Whether it chooses among values or cases.</summary>
    [JsonIgnore]
    public bool IsChoice => Values is not null || Cases is not null;

    /// <summary>Bounds that no number can be within, and settings of which only one form has a use.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Values is not null && Cases is not null)
        {
            yield return new ValidationResult("an axis has either 'values' or 'cases'; leave out one of them");
        }
        else if (IsChoice ? Low is not null || High is not null || Log || Step is not null || Count is not null : Low is null || High is null)
        {
            yield return new ValidationResult(
                "an axis has either 'values', or 'cases', or both 'low' and 'high', and only the latter 'log', 'step' and 'count'");
        }
        else if (Low >= High)
        {
            yield return new ValidationResult("'low' is not below 'high'", ["Low"]);
        }
        else if (Log && Low <= 0)
        {
            yield return new ValidationResult("a logarithmic axis begins above 0", ["Low"]);
        }
        else if (Step is not null && (Log || Count is not null))
        {
            yield return new ValidationResult("numbers a 'step' apart are neither logarithmic nor counted; leave out one of them", ["Step"]);
        }
        else if (Choices is { } choices && choices.Select(choice => choice?.ToJsonString()).Distinct().Count() < choices.Count)
        {
            yield return Cases is null
                ? new ValidationResult("a value is given twice", ["Values"])
                : new ValidationResult("two cases have one name", ["Cases"]);
        }
    }
}
