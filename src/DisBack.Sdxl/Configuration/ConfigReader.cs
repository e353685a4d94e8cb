using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Configuration;

/// <summary>
/// Reads the <c>config.json</c> of a part of a model, key by key. What nobody has asked for must be null in the end: a setting that this build does not know
/// would change what the network computes, so it is refused by its name.
/// </summary>
internal sealed class ConfigReader
{
    private const int MostCharacters = 1 << 20;

    private readonly string _source;
    private readonly JsonObject _rest;

    private ConfigReader(string source, JsonObject settings) => (_source, _rest) = (source, settings);

    /// <summary>What messages call the settings: the path of their file.</summary>
    public string Source => _source;

    /// <summary>Opens a file.</summary>
    /// <exception cref="DisBackException">It cannot be read or is no object of JSON.</exception>
    public static ConfigReader Open(string path)
    {
        try
        {
            using var stream = RegularFile.Open(path);
            if (stream.Length > MostCharacters)
            {
                throw new DisBackException($"'{path}' has {stream.Length:N0} bytes, where the settings of a network have a few thousand: name another folder.");
            }
            return Parse(new StreamReader(stream).ReadToEnd(), path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"Cannot read '{path}': {cause.Message}", cause);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="DisBackException">It is no object of JSON, or far too long.</exception>
    public static ConfigReader Parse(string json, string source)
    {
        if (json.Length > MostCharacters)
        {
            throw new DisBackException($"'{source}' has {json.Length:N0} characters, where settings have a few thousand: the file is damaged.");
        }
        try
        {
            if (JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false }) is JsonObject settings)
            {
                // Half a character, written as an escape, passes the parser and would fail where the text is first used.
                settings.ToJsonString();
                return new(source, settings);
            }
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            throw new DisBackException($"'{source}' is no JSON: {cause.Message}", cause);
        }
        throw new DisBackException($"'{source}' is no object of JSON: it should have the settings of a network by their names.");
    }

    /// <summary>A number; of an absent one the default, and without a default it must be there.</summary>
    public int Int(string key, int? unless = null) => Take(key, unless);

    /// <inheritdoc cref="Int"/>
    public double Double(string key, double? unless = null) => Take(key, unless);

    /// <inheritdoc cref="Int"/>
    public bool Bool(string key, bool? unless = null) => Take(key, unless);

    /// <inheritdoc cref="Int"/>
    public string Text(string key, string? unless = null) => Read<string>(key) ?? unless ?? throw Missing(key);

    /// <summary>A list of numbers, or a number that stands for a list of some length.</summary>
    public IReadOnlyList<int> Ints(string key, int? count = null)
    {
        if (count is { } length && Peek(key) is JsonValue)
        {
            return [.. Enumerable.Repeat(Int(key), length)];
        }
        var numbers = Read<int[]>(key) ?? throw Missing(key);
        return count is null || numbers.Length == count
            ? numbers
            : throw new DisBackException($"'{key}' of '{_source}' has {numbers.Length} numbers where {count} are needed: the file is damaged.");
    }

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> Texts(string key) => Read<string[]>(key) ?? throw Missing(key);

    /// <summary>Numbers by their names; of an absent key none.</summary>
    public IReadOnlyDictionary<string, double> Numbers(string key) => Read<Dictionary<string, double>>(key) ?? [];

    /// <summary>A setting of which this build knows one value alone, which is also its default.</summary>
    /// <exception cref="DisBackException">It has another value.</exception>
    public void Only(string key, JsonNode? value)
    {
        var found = Peek(key);
        _rest.Remove(key);
        if (found is not null && !JsonNode.DeepEquals(found, value))
        {
            throw Unknown(key, found, $"only {value?.ToJsonString() ?? "null"}");
        }
    }

    /// <summary>Settings that say nothing of what the network computes.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            _rest.Remove(key);
        }
    }

    /// <summary>Refuses what nobody has asked for and is not null. Names that begin with an underscore are notes of the program that wrote the file.</summary>
    /// <exception cref="DisBackException">There is such a setting.</exception>
    public void Finish()
    {
        foreach (var (key, value) in _rest)
        {
            if (value is not null && !key.StartsWith('_'))
            {
                throw Unknown(key, value, "no such setting");
            }
        }
    }

    private T Take<T>(string key, T? unless)
        where T : struct => Peek(key) is null ? unless ?? throw Missing(key) : Read<T>(key);

    private JsonNode? Peek(string key) => _rest.TryGetPropertyValue(key, out var value) ? value : null;

    private T? Read<T>(string key)
    {
        var value = Peek(key);
        _rest.Remove(key);
        try
        {
            return value is null ? default : value.Deserialize<T>();
        }
        catch (JsonException cause)
        {
            throw new DisBackException($"'{key}' of '{_source}' is {value!.ToJsonString()}, which is no {NameOf(typeof(T))}: the file is damaged.", cause);
        }
    }

    private static string NameOf(Type type) => type switch
    {
        _ when type == typeof(int) => "whole number",
        _ when type == typeof(double) => "number",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(string) => "text",
        _ when type == typeof(string[]) => "list of texts",
        _ when type == typeof(Dictionary<string, double>) => "object of numbers",
        _ => "list of whole numbers",
    };

    private DisBackException Missing(string key) => new($"'{key}' is missing from '{_source}': the file belongs to another kind of model.");

    private DisBackException Unknown(string key, JsonNode value, string known) =>
        new($"'{key}' of '{_source}' is {value.ToJsonString()}, and this build knows {known}: it would draw something else than the model.");
}
