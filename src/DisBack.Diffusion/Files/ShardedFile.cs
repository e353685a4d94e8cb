using System.Text.Json;
using System.Text.Json.Serialization;
using DisBack.Specs.Files;
using static TorchSharp.torch;
using FileName = System.IO.Path;

namespace DisBack.Diffusion.Files;

/// <summary>
/// The tensors of one network in several files beside an index, <c>NAME.safetensors.index.json</c>, which says in which file each of them is.
/// </summary>
public sealed class ShardedFile : TensorFile
{
    /// <summary>How the names of indexes end; a variant, as in <c>.index.fp16.json</c>, is before the last dot.</summary>
    public const string Infix = ".index.";

    /// <summary>SDXL's would have 0.2 MB.</summary>
    private const long MostBytes = 64L << 20;

    private const int MostShards = 1000;

    private static readonly JsonSerializerOptions s_json = new() { AllowDuplicateProperties = false };

    private readonly IReadOnlyList<TensorFile> _shards;
    private readonly Dictionary<string, TensorFile> _places;

    private ShardedFile(string path, IReadOnlyList<TensorFile> shards, Dictionary<string, TensorFile> places)
        : base(path)
    {
        (_shards, _places) = (shards, places);
        Entries = places.ToDictionary(place => place.Key, place => place.Value.Entries[place.Key], StringComparer.Ordinal);
    }

    /// <summary>Nothing: each file has its own.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Whether a file is an index, by its name.</summary>
    public static bool IsIndex(string path) =>
        FileName.GetFileName(path) is var name && name.Contains(Infix, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal);

    /// <summary>Opens an index and the files that it names.</summary>
    /// <exception cref="DisBackException">
    /// One of them cannot be read or is damaged, one lies in another folder, or the index and the files do not have the same tensors.
    /// </exception>
    public static ShardedFile Open(string path)
    {
        var map = ReadMap(path);
        var names = NamesIn(map, path);
        var shards = new Dictionary<string, TensorFile>(StringComparer.Ordinal);
        try
        {
            foreach (var name in names)
            {
                shards[name] = WeightsFile.Open(FileName.Combine(FileName.GetDirectoryName(path) ?? "", name), prefix: "");
            }
            foreach (var (tensor, shard) in map)
            {
                if (!shards[shard].Entries.ContainsKey(tensor))
                {
                    throw Damaged(path, $"has the tensor '{tensor}' in '{shard}', which lacks it");
                }
            }
            foreach (var (name, shard) in shards)
            {
                if (shard.Entries.Keys.FirstOrDefault(tensor => map.GetValueOrDefault(tensor) != name) is { } unnamed)
                {
                    throw Damaged(path, $"does not name the tensor '{unnamed}' of '{name}'");
                }
            }
            return new(path, [.. shards.Values], map.ToDictionary(place => place.Key, place => shards[place.Value], StringComparer.Ordinal));
        }
        catch
        {
            foreach (var shard in shards.Values)
            {
                shard.Dispose();
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var shard in _shards)
        {
            shard.Dispose();
        }
    }

    /// <inheritdoc/>
    internal override void Fill(Tensor target, string name) => _places[name].Fill(target, name);

    /// <summary>The files that an index names, in its folder; none of them is opened. Of any other file none.</summary>
    /// <exception cref="DisBackException">The index cannot be read or is damaged, or one lies in another folder.</exception>
    public static IReadOnlyList<string> ShardsOf(string path) => IsIndex(path) ? NamesIn(ReadMap(path), path) : [];

    private static List<string> NamesIn(Dictionary<string, string> map, string path)
    {
        var names = map.Values.Distinct(StringComparer.Ordinal).ToList();
        if (names.Count > MostShards)
        {
            throw Damaged(path, $"names {names.Count:N0} files, more than {MostShards:N0}");
        }
        return names.Find(name => FileName.GetFileName(name) != name || name.Length == 0 || IsIndex(name)) is { } outside
            ? throw Damaged(path, $"names '{outside}', which is no file of tensors beside it")
            : names;
    }

    private static Dictionary<string, string> ReadMap(string path)
    {
        try
        {
            var index = JsonSerializer.Deserialize<Index>(RegularFile.ReadAllBytes(path, MostBytes), s_json);
            if (index?.WeightMap is { Count: > 0 } map && map.Values.All(file => file is not null))
            {
                return map;
            }
        }
        catch (JsonException cause)
        {
            throw new DisBackException($"The index '{path}' is no JSON: {cause.Message}", cause);
        }
        throw Damaged(path, "has no weight_map");
    }

    private static DisBackException Damaged(string path, string what) => new($"The index '{path}' {what}: fetch it and its files again.");

    private sealed record Index([property: JsonPropertyName("weight_map")] Dictionary<string, string>? WeightMap);
}
