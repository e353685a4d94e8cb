using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Sweeps;

/// <summary>An axis of a sweep, with what its key takes, or its cases.</summary>
public sealed class SweepAxis
{
    private readonly IReadOnlyList<SpecNode> _choices;
    private readonly IReadOnlyList<JsonNode?> _names;

    internal SweepAxis(string key, Axis settings, IReadOnlyList<SpecNode> choices, SpecLocation location) =>
        (Key, Path, Settings, _choices, _names, Location) = (key, key.Split('.'), settings, choices, settings.Choices ?? [], location);

    /// <summary>The key of the experiment, such as <c>backtracking.steps</c>, or the name of an axis of cases.</summary>
    public string Key { get; }

    /// <summary>The key with the unit of its values, for headings.</summary>
    public string Label => Settings.Unit is { } unit ? $"{Key} ({unit})" : Key;

    /// <summary>The keys of the experiment that it sets.</summary>
    public IEnumerable<string> Keys => Settings.Cases is { } cases ? cases.SelectMany(named => named.Set.Keys).Distinct() : [Key];

    /// <summary>The keys of the sections around the value, and its own.</summary>
    internal string[] Path { get; }

    /// <summary>What it may be.</summary>
    public Axis Settings { get; }

    /// <summary>Whether its numbers are whole ones; of no meaning for a choice.</summary>
    public bool IsWhole { get; internal set; }

    /// <summary>Where it was written.</summary>
    internal SpecLocation Location { get; }

    /// <summary>The coordinates at which a check finds what the axis can do wrong: every choice, both ends of a range.</summary>
    internal IEnumerable<double> Extremes =>
        Settings.IsChoice ? Enumerable.Range(0, _choices.Count).Select(index => (double)index) : [Settings.Low!.Value, Settings.High!.Value];

    /// <summary>The value at a coordinate, as text for people.</summary>
    /// <param name="coordinate">The index of a choice, or the number itself.</param>
    public string Show(double coordinate) => Settings.IsChoice && _names[(int)coordinate] is var value
        ? value is JsonValue scalar && scalar.TryGetValue(out string? text) ? text : value?.ToJsonString() ?? "null"
        : coordinate.ToString(IsWhole ? "F0" : "G6", CultureInfo.InvariantCulture);

    /// <summary>What the experiment has at a coordinate: the key of the axis with its value, or all that a case sets.</summary>
    internal IEnumerable<SpecEntry> EntriesAt(double coordinate)
    {
        var value = At(coordinate);
        return Settings.Cases is null ? [new SpecEntry(Key, value.Location, value)] : ((SpecSection)value).Entries;
    }

    /// <summary>The value at a coordinate, as if it had been written in the experiment; of an axis of cases a section with all that the case sets.</summary>
    internal SpecNode At(double coordinate) => Settings.IsChoice
        ? _choices[(int)coordinate]
        : new SpecScalar(Location, coordinate.ToString(IsWhole ? "F0" : "R", CultureInfo.InvariantCulture), Plain: true);

    /// <summary>Whether the axis counts at a point.</summary>
    /// <param name="point">Coordinates of the axes that count; those that it depends on are looked at, and no others.</param>
    /// <param name="axes">All axes by their keys.</param>
    internal bool CountsAt(IReadOnlyDictionary<string, double> point, IReadOnlyDictionary<string, SweepAxis> axes) =>
        Settings.When?.All(condition => point.TryGetValue(condition.Key, out var coordinate)
            && condition.Value.Any(value => JsonNode.DeepEquals(value, axes[condition.Key]._names[(int)coordinate]))) ?? true;
}
