using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Sweeps;

/// <summary>
/// The experiments of a plan, most of them copies: where trials differ in nothing but single values, one of them is read and the others are its record with
/// their own values. Ten thousand trials are read in the time of a few hundred.
/// </summary>
/// <remarks>A reading alone says what is a mistake, and how: whatever a copy may not have is read.</remarks>
/// <param name="axes">The axes of the plan, in the order of their keys.</param>
/// <param name="read">Reads the experiment at a point.</param>
internal sealed class ExperimentCopies(
    IEnumerable<SweepAxis> axes, Func<IReadOnlyDictionary<string, double>, LocatedSpec<ExperimentSpec>> read)
{
    /// <summary>Of a sweep with more sections to choose among than that, each trial may as well be read.</summary>
    private const int Most = 256;

    private readonly ConcurrentDictionary<string, LocatedSpec<ExperimentSpec>> _known = new(StringComparer.Ordinal);

    /// <summary>The axes of whole sections, and of names that decide what a section has.</summary>
    private readonly ConcurrentDictionary<string, bool> _sections = new(StringComparer.Ordinal);

    /// <summary>The experiment at a point.</summary>
    /// <exception cref="SpecException">It cannot be run: the exception names every mistake.</exception>
    public LocatedSpec<ExperimentSpec> At(IReadOnlyDictionary<string, double> point)
    {
        var shape = ShapeOf(point);
        if (_known.TryGetValue(shape, out var known))
        {
            return Copy(known, point) ?? read(point);
        }
        var experiment = read(point);
        if (_known.Count < Most)
        {
            _known.TryAdd(shape, experiment);
        }
        return experiment;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "MemberwiseClone")]
    private static extern object Clone(object record);

    /// <summary>What trials must have in common to be copies of one another: the axes that count, and the sections that were chosen.</summary>
    private string ShapeOf(IReadOnlyDictionary<string, double> point)
    {
        var shape = new StringBuilder();
        foreach (var axis in axes)
        {
            if (point.TryGetValue(axis.Key, out var coordinate))
            {
                var isSection = axis.At(coordinate) is not SpecScalar { IsNull: false } || _sections.ContainsKey(axis.Key);
                shape.Append(isSection ? coordinate.ToString("R", CultureInfo.InvariantCulture) : "*");
            }
            shape.Append(' ');
        }
        return shape.ToString();
    }

    /// <returns>Null if a value cannot be copied, or may not be there.</returns>
    private LocatedSpec<ExperimentSpec>? Copy(LocatedSpec<ExperimentSpec> known, IReadOnlyDictionary<string, double> point)
    {
        var root = (ExperimentSpec)Clone(known.Spec);
        var own = new HashSet<object>(ReferenceEqualityComparer.Instance) { root };
        foreach (var axis in axes)
        {
            if (point.TryGetValue(axis.Key, out var coordinate)
                && axis.At(coordinate) is SpecScalar { IsNull: false } written && !Put(axis, written, root, own))
            {
                return null;
            }
        }
        // Nothing else sees what has changed: a record checks itself and what is in it.
        return own.OfType<IValidatableObject>().Any(record => record.Validate(new ValidationContext(record)).Any())
            ? null
            : known.With(root, path => axes.Where(axis => point.ContainsKey(axis.Key) && IsWithin(path, axis.Key))
                .Select(axis => (SpecLocation?)axis.At(point[axis.Key]).Location).LastOrDefault());
    }

    private static bool IsWithin(string path, string key) =>
        path.StartsWith(key, StringComparison.Ordinal) && (path.Length == key.Length || path[key.Length] is '.' or '[');

    /// <summary>Puts a value into records that are copied on the way to it.</summary>
    private bool Put(SweepAxis axis, SpecScalar written, object root, HashSet<object> own)
    {
        var at = root;
        foreach (var key in axis.Path.AsSpan()[..^1])
        {
            if (SpecWalker.PropertyOf(at.GetType(), key) is not { } section || section.Get!(at) is not { } part
                || SpecJson.Options.GetTypeInfo(part.GetType()).Kind != JsonTypeInfoKind.Object)
            {
                return IsSection(axis);
            }
            if (!own.Contains(part))
            {
                part = Clone(part);
                section.Set!(at, part);
                own.Add(part);
            }
            at = part;
        }
        if (SpecWalker.PropertyOf(at.GetType(), axis.Path[^1]) is not { } property)
        {
            return IsSection(axis);
        }
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (SpecJson.Options.GetTypeInfo(type).Kind != JsonTypeInfoKind.None || type == typeof(System.Text.Json.Nodes.JsonNode))
        {
            return IsSection(axis);
        }
        var (json, value) = SpecWalker.Converted(written, type);
        if (json is null || !SpecWalker.Rules(property).All(rule => rule.IsValid(value)))
        {
            return false;
        }
        property.Set!(at, value!.GetType() == type ? value : json.Deserialize(type, SpecJson.Options));
        return true;
    }

    private bool IsSection(SweepAxis axis)
    {
        _sections.TryAdd(axis.Key, true);
        return false;
    }
}
