using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace DisBack.Specs.Reading;

/// <summary>
/// Walks a composed document along the serializer's description of a type, collects every mistake, and makes the JSON the type is read from.
/// It remembers where each value stood, so that a check of the finished record can point at the text.
/// </summary>
internal sealed partial class SpecWalker(SpecProblems problems)
{
    /// <summary>As many digits as a double holds exactly.</summary>
    private const int MaxHexDigits = 13, MaxOctalDigits = 17;

    private static readonly JsonSerializerOptions s_options = SpecJson.Options;

    /// <summary>What never changes of a record is found once: a sweep reads thousands of experiments.</summary>
    private static readonly ConcurrentDictionary<(Type Owner, string Property), (JsonObject Own, JsonObject Given)?> s_defaults = [];
    private static readonly ConcurrentDictionary<(Type Owner, string Property), ValidationAttribute[]> s_rules = [];
    private static readonly ConcurrentDictionary<Type, Dictionary<string, JsonPropertyInfo>> s_keys = [];
    private static readonly ConcurrentDictionary<Type, ILookup<string, string>> s_places = [];

    private readonly Dictionary<string, (SpecLocation Location, Type Type)> _values = [];
    private (Type Type, string Path) _whole = (typeof(JsonNode), "");

    /// <summary>The document, or the part of one that is at a path, as JSON of the given type. What is wrong with it is added to the problems.</summary>
    public JsonNode? Read(SpecNode root, Type type, string path = "")
    {
        _values[""] = (root.Location, type);
        _whole = (type, path);
        return Value(root, type, path, []);
    }

    /// <summary>Asks every part of a finished record that validates itself (<see cref="IValidatableObject"/>), and maps the answers back to the text.</summary>
    public void Check(object spec, string path = "")
    {
        if (spec is IValidatableObject validatable)
        {
            foreach (var result in validatable.Validate(new ValidationContext(spec)))
            {
                var member = result.MemberNames.FirstOrDefault() ?? "";
                var keys = string.Join('.', member.Split('.').Select(s_options.PropertyNamingPolicy!.ConvertName));
                problems.Add(new SpecProblem(LocationOf(Join(path, keys)), result.ErrorMessage!));
            }
        }
        foreach (var property in Keys(s_options.GetTypeInfo(spec.GetType())))
        {
            switch (property.Get!(spec))
            {
                case null or string:
                    break;
                case IDictionary entries:
                    foreach (DictionaryEntry entry in entries)
                    {
                        if (entry.Value is { } value)
                        {
                            Check(value, Join(Join(path, property.Name), (string)entry.Key));
                        }
                    }
                    break;
                case IEnumerable items:
                    var index = 0;
                    foreach (var item in items)
                    {
                        if (item is not null && s_options.GetTypeInfo(item.GetType()).Kind == JsonTypeInfoKind.Object)
                        {
                            Check(item, $"{Join(path, property.Name)}[{index}]");
                        }
                        index++;
                    }
                    break;
                case var part when s_options.GetTypeInfo(part.GetType()).Kind == JsonTypeInfoKind.Object:
                    Check(part, Join(path, property.Name));
                    break;
            }
        }
    }

    private JsonNode? Value(SpecNode node, Type type, string path, IReadOnlyList<ValidationAttribute> rules)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        _values[path] = (node.Location, type);
        if (type == typeof(JsonNode))
        {
            return Any(node, path);
        }
        var info = s_options.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Object => Section(node, info, path),
            JsonTypeInfoKind.Dictionary => Map(node, info, path, rules),
            JsonTypeInfoKind.Enumerable => List(node, info, path, rules),
            JsonTypeInfoKind.None => Scalar(node, type, path, rules),
            _ => throw new NotSupportedException($"Specs have no values of type {type}."),
        };
    }

    private JsonNode? Section(SpecNode node, JsonTypeInfo info, string path)
    {
        // "recording:" with everything under it commented out is an empty section, not a null.
        if (node is SpecScalar { IsNull: true })
        {
            node = new SpecSection(node.Location);
        }
        if (node is SpecList && Attribute.GetCustomAttribute(info.Type, typeof(ListMeansAttribute)) is ListMeansAttribute { Key: var meant })
        {
            var whole = new SpecSection(node.Location);
            whole.Set(new SpecEntry(meant, node.Location, node));
            node = whole;
        }
        if (node is not SpecSection section)
        {
            return Wrong(node, path, $"a section with {Listed(KeyNames(info))}");
        }

        var json = new JsonObject();
        var discriminator = info.PolymorphismOptions?.TypeDiscriminatorPropertyName;
        if (discriminator is not null)
        {
            if (Chosen(section, info, path) is not { } chosen)
            {
                return null;
            }
            json[discriminator] = (string)chosen.TypeDiscriminator!;
            info = s_options.GetTypeInfo(chosen.DerivedType);
        }

        var properties = Properties(info);
        foreach (var entry in section.Entries.Where(e => e.Key != discriminator))
        {
            if (properties.TryGetValue(entry.Key, out var property))
            {
                json[entry.Key] = Completed(info, property, Property(entry, property, path));
            }
            else
            {
                Unknown(entry, path, discriminator is null ? properties.Keys : properties.Keys.Append(discriminator));
            }
        }
        foreach (var missing in properties.Values.Where(p => p.IsRequired && section.Find(p.Name) is null))
        {
            problems.Add(new SpecProblem(section.Location, $"'{Join(path, missing.Name)}' is missing", Expectation(missing.PropertyType, Rules(missing))));
        }
        return json;
    }

    /// <summary>
    /// What a section leaves out has the default of the record around it, such as the host's own rate. A choice that is named begins with its own defaults.
    /// </summary>
    private static JsonNode? Completed(JsonTypeInfo owner, JsonPropertyInfo property, JsonNode? value)
    {
        var info = s_options.GetTypeInfo(property.PropertyType);
        if (value is not JsonObject written || info.PolymorphismOptions is not null || s_defaults.GetOrAdd((owner.Type, property.Name), _ =>
            info.CreateObject is { } create && property.Get!(owner.CreateObject!()) is { } given
                ? ((JsonObject)JsonSerializer.SerializeToNode(create(), property.PropertyType, s_options)!,
                    (JsonObject)JsonSerializer.SerializeToNode(given, property.PropertyType, s_options)!)
                : null) is not var (own, defaults))
        {
            return value;
        }
        // Written by this program, which leaves out some values that are at their record's own default, and must mean the same when it is read again.
        if (own.All(part => written.ContainsKey(part.Key)))
        {
            return value;
        }
        var completed = (JsonObject)defaults.DeepClone();
        foreach (var (key, given) in written)
        {
            completed[key] = given?.DeepClone();
        }
        return completed;
    }

    private JsonNode? Property(SpecEntry entry, JsonPropertyInfo property, string path)
    {
        var mayBeNull = property.IsSetNullable && (Nullable.GetUnderlyingType(property.PropertyType) is not null || !property.PropertyType.IsValueType);
        if (mayBeNull && entry.Value is SpecScalar { IsNull: true })
        {
            return null;
        }
        return Value(entry.Value, property.PropertyType, Join(path, entry.Key), Rules(property));
    }

    private JsonDerivedType? Chosen(SpecSection section, JsonTypeInfo info, string path)
    {
        var choice = info.PolymorphismOptions!;
        var key = choice.TypeDiscriminatorPropertyName;
        var names = choice.DerivedTypes.Select(d => (string)d.TypeDiscriminator!).ToArray();
        if (section.Find(key) is not { } entry)
        {
            if (Default(info) is { } unnamed)
            {
                return unnamed;
            }
            // A misspelt discriminator is the likelier mistake than a forgotten one.
            var misspelt = section.Entries.FirstOrDefault(e => NearestName.Of(e.Key, [key]) is not null);
            if (misspelt is not null)
            {
                Unknown(misspelt, path, [key]);
            }
            else
            {
                problems.Add(new SpecProblem(section.Location, $"'{Join(path, key)}' is missing", OneOf(names)));
            }
            return null;
        }
        var written = (entry.Value as SpecScalar)?.Text;
        foreach (var derived in choice.DerivedTypes)
        {
            if ((string)derived.TypeDiscriminator! == written)
            {
                return derived;
            }
        }
        problems.Add(new SpecProblem(entry.Value.Location, $"'{Join(path, key)}' is {Shown(entry.Value)}", OneOf(names), NearestName.Of(written ?? "", names)));
        return null;
    }

    /// <summary>The choice that is meant where a section does not name one; null if it must.</summary>
    internal static JsonDerivedType? Default(JsonTypeInfo info) =>
        Attribute.GetCustomAttribute(info.Type, typeof(UnlessNamedAttribute)) is UnlessNamedAttribute { Type: var type }
            ? info.PolymorphismOptions!.DerivedTypes.Single(derived => derived.DerivedType == type)
            : null;

    private void Unknown(SpecEntry entry, string path, IEnumerable<string> valid)
    {
        var names = valid.ToArray();
        var nearest = NearestName.Of(entry.Key, names) ?? Elsewhere(entry.Key, path);
        var where = path.Length == 0 ? "" : $" in '{path}'";
        problems.Add(new SpecProblem(entry.Location, $"there is no key '{SpecText.Quoted(entry.Key)}'{where}", OneOf(names), nearest));
    }

    /// <summary>Where the whole document has a key that was written in a section without it; null if nowhere, or in several places.</summary>
    private string? Elsewhere(string key, string path)
    {
        var places = s_places.GetOrAdd(_whole.Type, type => Places(s_options.GetTypeInfo(type), "", [])
            .Distinct()
            .ToLookup(place => place[(place.LastIndexOf('.') + 1)..]));
        // The same place: another choice of this section has the key.
        return places[key].ToArray() is [var only] && Join(_whole.Path, only) is var place && place != Join(path, key) ? place : null;
    }

    /// <summary>The paths of all keys under a section, those of every choice.</summary>
    private static IEnumerable<string> Places(JsonTypeInfo info, string path, ImmutableStack<Type> around)
    {
        if (info.Kind != JsonTypeInfoKind.Object || around.Contains(info.Type))
        {
            return [];
        }
        around = around.Push(info.Type);
        if (info.PolymorphismOptions is { } choice)
        {
            return choice.DerivedTypes.SelectMany(derived => Places(s_options.GetTypeInfo(derived.DerivedType), path, around))
                .Prepend(Join(path, choice.TypeDiscriminatorPropertyName));
        }
        return Keys(info).SelectMany(key =>
        {
            var (place, type) = (Join(path, key.Name), Nullable.GetUnderlyingType(key.PropertyType) ?? key.PropertyType);
            return Places(s_options.GetTypeInfo(type), place, around).Prepend(place);
        });
    }

    /// <summary>A section whose keys are the user's own.</summary>
    private JsonNode? Map(SpecNode node, JsonTypeInfo info, string path, IReadOnlyList<ValidationAttribute> rules)
    {
        if (node is not SpecSection section || rules.OfType<MinLengthAttribute>().Any(rule => section.Entries.Count() < rule.Length))
        {
            return Wrong(node, path, "a section with at least one key");
        }
        return new JsonObject(
            section.Entries.Select(entry => KeyValuePair.Create(entry.Key, Value(entry.Value, info.ElementType!, Join(path, entry.Key), []))));
    }

    /// <summary>A value whose type is known only where it is used: as YAML's core schema reads it.</summary>
    private JsonNode? Any(SpecNode node, string path)
    {
        _values[path] = (node.Location, typeof(JsonNode));
        return node switch
        {
            SpecSection section => new JsonObject(section.Entries.Select(entry => KeyValuePair.Create(entry.Key, Any(entry.Value, Join(path, entry.Key))))),
            SpecList list => new JsonArray([.. list.Items.Select((item, i) => Any(item, $"{path}[{i}]"))]),
            SpecScalar { IsNull: true } => null,
            SpecScalar scalar when Converted(scalar, typeof(bool)).Json is { } truth => truth,
            SpecScalar scalar when Converted(scalar, typeof(long)).Json is { } whole => whole,
            SpecScalar scalar when Converted(scalar, typeof(double)).Json is { } number => number,
            SpecScalar scalar => JsonValue.Create(scalar.Text),
            _ => throw new NotSupportedException($"Specs have no values like {node}."),
        };
    }

    private JsonNode? List(SpecNode node, JsonTypeInfo info, string path, IReadOnlyList<ValidationAttribute> rules)
    {
        var lengths = rules.Where(r => r is LengthAttribute or MinLengthAttribute or MaxLengthAttribute).ToList();
        if (node is not SpecList list)
        {
            return Wrong(node, path, Expectation(info.Type, rules));
        }
        foreach (var broken in lengths.Where(r => !r.IsValid(new object[list.Items.Count])))
        {
            problems.Add(new SpecProblem(node.Location, $"'{path}' has {list.Items.Count} values", Expectation(info.Type, [broken])));
        }
        return new JsonArray([.. list.Items.Select((item, i) => Value(item, info.ElementType!, $"{path}[{i}]", [.. rules.Except(lengths)]))]);
    }

    private JsonNode? Scalar(SpecNode node, Type type, string path, IReadOnlyList<ValidationAttribute> rules)
    {
        if (node is not SpecScalar scalar)
        {
            return Wrong(node, path, Expectation(type, rules));
        }
        var (json, value) = Converted(scalar, type);
        if (json is null)
        {
            return Wrong(node, path, Expectation(type, rules), type.IsEnum ? NearestName.Of(scalar.Text, Choices(type)) : null);
        }
        return rules.All(r => r.IsValid(value)) ? json : Wrong(node, path, Expectation(type, rules));
    }

    /// <summary>A scalar as a value of a type; nothing if it is none.</summary>
    internal static (JsonValue? Json, object? Value) Converted(SpecScalar scalar, Type type)
    {
        if (type == typeof(string))
        {
            return scalar.IsNull ? default : (JsonValue.Create(scalar.Text), scalar.Text);
        }
        if (type.IsEnum)
        {
            return Choices(type).Contains(scalar.Text) ? (JsonValue.Create(scalar.Text), scalar.Text) : default;
        }
        if (!scalar.Plain)
        {
            return default;
        }
        if (type == typeof(bool))
        {
            return scalar.Text switch
            {
                "true" or "True" or "TRUE" => (JsonValue.Create(true), true),
                "false" or "False" or "FALSE" => (JsonValue.Create(false), false),
                _ => default,
            };
        }
        if (!TryParse(scalar.Text, out var number) || !double.IsFinite(number))
        {
            return default;
        }
        if (type == typeof(double) || type == typeof(float))
        {
            return (JsonValue.Create(number), number);
        }
        if (type != typeof(int) && type != typeof(long))
        {
            throw new NotSupportedException($"Specs have no values of type {type}.");
        }
        if (!long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            // 1e4 is a whole number too; beyond 2^53 a double no longer says which.
            if (number != Math.Truncate(number) || Math.Abs(number) > 1L << 53)
            {
                return default;
            }
            whole = (long)number;
        }
        if (type == typeof(long))
        {
            return (JsonValue.Create(whole), whole);
        }
        return whole == (int)whole ? (JsonValue.Create((int)whole), (int)whole) : default;
    }

    /// <summary>A number as YAML's core schema writes it: decimal, 0o17 or 0x1f.</summary>
    private static bool TryParse(string text, out double number)
    {
        long whole;
        var parsed = text.StartsWith("0x", StringComparison.Ordinal)
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out whole) && text.Length <= MaxHexDigits + 2
            : TryParseOctal(text, out whole);
        number = whole;
        return parsed || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryParseOctal(string text, out long whole)
    {
        whole = 0;
        if (!text.StartsWith("0o", StringComparison.Ordinal) || text.Length is < 3 or > MaxOctalDigits + 2)
        {
            return false;
        }
        foreach (var digit in text.AsSpan(2))
        {
            if (digit is < '0' or > '7')
            {
                return false;
            }
            whole = whole * 8 + digit - '0';
        }
        return true;
    }

    private JsonNode? Wrong(SpecNode node, string path, string expected, string? nearest = null)
    {
        var unit = node is SpecScalar { Plain: true } scalar && NumberWithUnit().Match(scalar.Text) is { Success: true } match
            && expected.Contains("number", StringComparison.Ordinal) ? $", with the unit '{match.Groups["unit"].Value}' where none belongs" : "";
        var what = path.Length == 0 ? $"the spec is {Shown(node)}" : $"'{path}' is {Shown(node)}{unit}";
        problems.Add(new SpecProblem(node.Location, what, expected, nearest));
        return null;
    }

    /// <summary>The location of a path, or of the nearest section around it that was written.</summary>
    public SpecLocation LocationOf(string path)
    {
        for (; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
        {
            if (_values.TryGetValue(path, out var value))
            {
                return value.Location;
            }
        }
        return _values[""].Location;
    }

    /// <summary>What a value is to be that was written; null where none was.</summary>
    public Type? TypeOf(string path) => _values.TryGetValue(path, out var value) ? value.Type : null;

    internal static IEnumerable<JsonPropertyInfo> Keys(JsonTypeInfo info) => info.Properties.Where(p => p is { Set: not null, Get: not null });

    /// <summary>The property of a record that a key stands for; null if it has no such key.</summary>
    internal static JsonPropertyInfo? PropertyOf(Type type, string key) => Properties(s_options.GetTypeInfo(type)).GetValueOrDefault(key);

    private static Dictionary<string, JsonPropertyInfo> Properties(JsonTypeInfo info) => s_keys.GetOrAdd(info.Type, _ => Keys(info).ToDictionary(p => p.Name));

    internal static ValidationAttribute[] Rules(JsonPropertyInfo property) => s_rules.GetOrAdd(
        (property.DeclaringType, property.Name),
        _ => [.. property.AttributeProvider?.GetCustomAttributes(typeof(ValidationAttribute), inherit: true).Cast<ValidationAttribute>() ?? []]);

    internal static string[] Choices(Type type) =>
        [.. Enum.GetValues(type).Cast<object>().Select(v => JsonSerializer.SerializeToElement(v, type, s_options).GetString()!)];

    private static IEnumerable<string> KeyNames(JsonTypeInfo info)
        => info.PolymorphismOptions is { } choice ? [choice.TypeDiscriminatorPropertyName] : Keys(info).Select(p => p.Name);

    private static string Expectation(Type type, IReadOnlyList<ValidationAttribute> rules)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var info = s_options.GetTypeInfo(type);
        if (info.Kind == JsonTypeInfoKind.Object)
        {
            return $"a section with {Listed(KeyNames(info))}";
        }
        if (info.Kind == JsonTypeInfoKind.Enumerable)
        {
            var item = Expectation(info.ElementType!, rules);
            var plural = item.Split(' ') is ["a", "whole", "number", ..]
                ? "whole numbers"
                : item.StartsWith("a number", StringComparison.Ordinal) ? "numbers" : "values";
            var count = rules.Select(Count).FirstOrDefault(c => c is not null);
            return $"a list of {count}{plural}, such as [{(plural == "values" ? "a, b" : "1, 2")}]";
        }
        if (type.IsEnum)
        {
            return OneOf(Choices(type));
        }
        if (rules.OfType<AllowedValuesAttribute>().FirstOrDefault() is { } allowed)
        {
            return OneOf([.. allowed.Values.OfType<object>().Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)!)]);
        }
        var described = rules.FirstOrDefault(r => r is not RangeAttribute && r.ErrorMessage is not null)?.ErrorMessage;
        var range = rules.OfType<RangeAttribute>().Select(Bounds).FirstOrDefault() ?? "";
        return described ?? (type == typeof(bool)
            ? "true or false"
            : type == typeof(string) ? "text" : type == typeof(int) || type == typeof(long) ? $"a whole number{range}" : $"a number{range}");
    }

    private static string? Count(ValidationAttribute rule) => rule switch
    {
        LengthAttribute { MinimumLength: var least, MaximumLength: var most } => least == most ? $"{least} " : $"{least} to {most} ",
        MinLengthAttribute { Length: var least } => $"at least {least} ",
        MaxLengthAttribute { Length: var most } => $"at most {most} ",
        _ => null,
    };

    private static string Bounds(RangeAttribute range)
    {
        var (least, most) = (Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture), Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture));
        var from = least <= int.MinValue ? null : range.MinimumIsExclusive ? $"above {Number(least)}" : $"at least {Number(least)}";
        var to = most >= int.MaxValue ? null : range.MaximumIsExclusive ? $"below {Number(most)}" : $"at most {Number(most)}";
        return (from, to) switch
        {
            (null, null) => "",
            (not null, null) => $" {from}",
            (null, not null) => $" {to}",
            _ => range is { MinimumIsExclusive: false, MaximumIsExclusive: false } ? $" from {Number(least)} to {Number(most)}" : $" {from} and {to}",
        };
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Shown(SpecNode node) => node switch
    {
        SpecScalar { IsNull: true } => "empty",
        SpecScalar { Plain: false } text => $"the quoted text \"{SpecText.Quoted(text.Text)}\"",
        SpecScalar plain => $"'{SpecText.Quoted(plain.Text)}'",
        SpecList => "a list",
        _ => "a section",
    };

    private static string OneOf(string[] names) => names.Length == 1 ? $"'{names[0]}'" : $"one of {string.Join(", ", names)}";

    private static string Listed(IEnumerable<string> keys) => keys.ToArray() is [var only] ? $"the key {only}" : $"the keys {string.Join(", ", keys)}";

    internal static string Join(string path, string key) => path.Length == 0 ? key : key.Length == 0 ? path : $"{path}.{key}";

    [GeneratedRegex(@"^[-+]?\d[\d_.,]*\s*(?<unit>[A-Za-z%]+)$")]
    private static partial Regex NumberWithUnit();
}
