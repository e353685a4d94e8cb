using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Sweeps;

/// <summary>Which experiments a sweep makes of one: what varies, and who chooses.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "sampler")]
[JsonDerivedType(typeof(GridSearch), "grid")]
[JsonDerivedType(typeof(RandomSearch), "random")]
[JsonDerivedType(typeof(SobolSearch), "sobol")]
[JsonDerivedType(typeof(TpeSearch), "tpe")]
public abstract record SearchSettings : IValidatableObject
{
    /// <summary>The most trials of a sweep.</summary>
    public const int MostTrials = 1_000_000;

    /// <summary>The most values that all axes choose among: each is tried before anything runs.</summary>
    private const int MostValues = 2_000;

    /// <summary>
    /// What varies: keys of the experiment, such as <c>backtracking.generator.learning_rate</c>, and what each may be; or a name, and the cases that it has.
    /// </summary>
    [MinLength(1)]
    public required ImmutableDictionary<string, Axis> Space { get; init; }

    /// <summary>What the trials are compared by.</summary>
    public Objective Objective { get; init; } = new();

    /// <summary>How many trials there are; a grid has as many as it has points unless this is fewer.</summary>
    [Range(1, MostTrials)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Trials { get; init; }

    /// <summary>How many trials are under way at a time, at most; of those the accelerators train as many as they have room for.</summary>
    [Range(1, 100_000)]
    public int MaxConcurrent { get; init; } = 16;

    /// <summary>When trials end early; absent is never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StoppingSettings? Stopping { get; init; }

    /// <summary>What the trials may use together; absent is no limit but their number.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SweepBudget? Budget { get; init; }

    /// <summary>Seed of the choices; the trials' own is a key of the experiment, and may be an axis.</summary>
    public long Seed { get; init; }

    /// <summary>The axes in the order of their keys, which is the one that grids and seeds go by: the order in a file decides nothing.</summary>
    [JsonIgnore]
    public IEnumerable<(string Key, Axis Axis)> Axes =>
        Space.OrderBy(axis => axis.Key, StringComparer.Ordinal).Select(axis => (axis.Key, axis.Value));

    /// <summary>Axes that no trial could have, and a number of trials that is missing.</summary>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Trials is null && this is not GridSearch)
        {
            yield return new ValidationResult("'search.trials' is missing: only a grid has an end of its own", [""]);
        }
        if (Axes.Sum(axis => axis.Axis.Choices?.Count ?? 2) is > MostValues and var values)
        {
            yield return new ValidationResult(
                $"the axes have {values} values, and at most {MostValues} are tried; give long rows of numbers as 'low', 'high' and 'step'", ["Space"]);
        }
        foreach (var (key, axis) in Axes)
        {
            if (axis.When is { Count: not 1 })
            {
                yield return new ValidationResult(
                    $"'{key}' depends on {axis.When.Count} axes; name the one that decides, which may depend on another itself", [$"Space.{key}.when"]);
            }
            else if (axis.When?.Single() is var (other, wanted) && FaultOf(key, other, wanted) is { } fault)
            {
                yield return new ValidationResult(fault, [$"Space.{key}.when.{other}"]);
            }
        }
    }

    private string? FaultOf(string key, string other, IReadOnlyList<JsonNode?> values)
    {
        if (!Space.TryGetValue(other, out var parent))
        {
            return $"'{key}' depends on '{other}', which does not vary; name an axis";
        }
        if (parent.Choices is not { } choices)
        {
            return $"'{key}' depends on '{other}', which is a range; only an axis with 'values' or 'cases' can decide about another";
        }
        if (values.FirstOrDefault(value => !choices.Any(choice => JsonNode.DeepEquals(choice, value))) is { } foreign)
        {
            return $"'{other}' is never {foreign.ToJsonString()}; name some of its values";
        }
        if (values.Count == 0)
        {
            return $"'{key}' counts with no value of '{other}'; name some of them";
        }
        return Requires(other, key) ? $"'{key}' and '{other}' depend on each other; leave out one 'when'" : null;
    }

    /// <summary>Whether an axis counts only with certain values of another, over any number of others between them.</summary>
    private bool Requires(string key, string other)
    {
        var (seen, open) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([key]));
        while (open.TryPop(out var next))
        {
            foreach (var parent in Space.GetValueOrDefault(next)?.When?.Keys ?? [])
            {
                if (parent == other)
                {
                    return true;
                }
                if (seen.Add(parent))
                {
                    open.Push(parent);
                }
            }
        }
        return false;
    }
}

/// <summary>Every combination of the values, the first key varying slowest.</summary>
public sealed record GridSearch : SearchSettings
{
    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        base.Validate(validationContext).Concat(
            from axis in Axes
            where axis.Axis is { IsChoice: false, Step: null, Count: null }
            select new ValidationResult("a grid needs to know which numbers of a range; give 'count' or 'step'", [$"Space.{axis.Key}"]));
}

/// <summary>Independent random values.</summary>
public sealed record RandomSearch : SearchSettings;

/// <summary>Points of a scrambled Sobol sequence: as random ones, but spread evenly (Joe and Kuo, 2008).</summary>
public sealed record SobolSearch : SearchSettings;

/// <summary>
/// The tree-structured Parzen estimator: each trial is placed where good ones are more likely than bad ones among those that are known (Bergstra et al., 2011).
/// </summary>
public sealed record TpeSearch : SearchSettings
{
    /// <summary>As few as that, because a trial knows nothing of those that are under way beside it.</summary>
    public TpeSearch() => MaxConcurrent = 4;
}
