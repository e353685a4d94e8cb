using System.Buffers.Binary;
using System.Text.Json;

namespace DisBack.Specs.Files;

/// <summary>
/// The head of a safetensors file: eight bytes of little-endian length, then that many bytes of JSON that place every tensor. Parsing trusts
/// nothing: a file is accepted only if its tensors tile the data section exactly, without a gap, an overlap or a byte left over.
/// </summary>
public sealed record SafetensorsHeader(
    IReadOnlyDictionary<string, string> Metadata, IReadOnlyDictionary<string, SafetensorsEntry> Entries)
{
    /// <summary>Bytes of the length that a file begins with.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The key of the free text fields.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>The reference implementation's bound; SDXL's header has 0.2 MB.</summary>
    private const long MaxBytes = 100_000_000;

    private const int MaxRank = 16;

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>
    /// Whether a file begins as one of these does: a length that it has, and an object. The length may begin with any byte, that of a pickle as well.
    /// </summary>
    /// <param name="beginning">At least the first nine bytes.</param>
    /// <param name="fileBytes">Bytes of the whole file.</param>
    public static bool Begins(ReadOnlySpan<byte> beginning, long fileBytes) =>
        beginning.Length > PrefixBytes && beginning[PrefixBytes] == (byte)'{'
        && BinaryPrimitives.ReadUInt64LittleEndian(beginning) <= (ulong)(fileBytes - PrefixBytes);

    /// <summary>Reads and checks the header of a file, and nothing after it.</summary>
    /// <param name="stream">The file from its first byte.</param>
    /// <param name="fileBytes">Bytes of the whole file.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="DisBackException">The stream ends early or fails, or the header is not sound.</exception>
    public static SafetensorsHeader Read(Stream stream, long fileBytes, string name)
    {
        try
        {
            Span<byte> prefix = stackalloc byte[PrefixBytes];
            var length = Length(prefix[..stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false)], fileBytes, name);
            var json = new byte[length];
            stream.ReadExactly(json);
            return Parse(json, fileBytes, name);
        }
        catch (IOException cause)
        {
            throw new DisBackException($"Cannot read the safetensors file '{name}': {cause.Message}", cause);
        }
    }

    /// <summary>How many bytes of JSON follow the length prefix, checked against the size of the file before anything is allocated.</summary>
    private static int Length(ReadOnlySpan<byte> prefix, long fileBytes, string path)
    {
        if (prefix.Length < PrefixBytes)
        {
            throw Damaged(path, $"has {prefix.Length} bytes, fewer than the {PrefixBytes} of its length field");
        }
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxBytes)
        {
            throw Damaged(path, $"claims a header of {length} bytes where at most {MaxBytes} are accepted");
        }
        if ((long)length > fileBytes - PrefixBytes)
        {
            throw Damaged(path, $"is truncated: its header needs {length} bytes of {fileBytes - PrefixBytes}");
        }
        return (int)length;
    }

    private static SafetensorsHeader Parse(ReadOnlyMemory<byte> json, long fileBytes, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Damaged(path, "has a header that is no JSON object");
            }
            var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
            var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
            var dataStart = PrefixBytes + json.Length;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals(MetadataKey))
                {
                    foreach (var item in property.Value.EnumerateObject())
                    {
                        metadata.Add(item.Name, item.Value.GetString() ?? throw Damaged(path, $"has a metadata value '{item.Name}' that is no text"));
                    }
                }
                else
                {
                    entries.Add(property.Name, Entry(property.Name, property.Value, dataStart, path));
                }
            }
            RequireTiling(entries, dataStart, fileBytes, path);
            return new(metadata, entries);
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            throw Damaged(path, "has a header that is not the JSON of a safetensors file", cause);
        }
    }

    private static SafetensorsEntry Entry(string name, JsonElement description, long dataStart, string path)
    {
        if (!description.TryGetProperty("dtype", out var dtype) || dtype.GetString() is not { } typeName
            || !description.TryGetProperty("shape", out var extents) || !description.TryGetProperty("data_offsets", out var offsets))
        {
            throw Damaged(path, $"describes tensor '{name}' without dtype, shape or data_offsets");
        }
        if (!ElementTypes.TryParse(typeName, out var type))
        {
            throw new DisBackException($"Tensor '{name}' of '{path}' has the element type '{typeName}', which is not supported: convert it to one of "
                + $"{string.Join(", ", Enum.GetNames<ElementType>())}.");
        }

        if (extents.GetArrayLength() > MaxRank)
        {
            throw Damaged(path, $"gives tensor '{name}' {extents.GetArrayLength()} dimensions");
        }
        var shape = new long[extents.GetArrayLength()];
        // The steps from one element to the next are counted in any case, also where an extent of 0 leaves no element.
        long steps = type.Bytes();
        for (var i = 0; i < shape.Length; i++)
        {
            if (!extents[i].TryGetInt64(out shape[i]) || shape[i] < 0)
            {
                throw Damaged(path, $"gives tensor '{name}' the impossible extent {extents[i]}");
            }
            if (shape[i] != 0 && steps > long.MaxValue / shape[i])
            {
                throw Damaged(path, $"gives tensor '{name}' more bytes than can be counted");
            }
            steps *= Math.Max(shape[i], 1);
        }
        var bytes = shape.Contains(0) ? 0 : steps;

        if (offsets.GetArrayLength() != 2 || !offsets[0].TryGetInt64(out var begin) || !offsets[1].TryGetInt64(out var end)
            || begin < 0 || end < begin || end > long.MaxValue - dataStart)
        {
            throw Damaged(path, $"gives tensor '{name}' the impossible data_offsets {offsets}");
        }
        if (end - begin != bytes)
        {
            throw Damaged(path, $"gives tensor '{name}' {end - begin} bytes where its shape and type need {bytes}");
        }
        return new(type, shape, dataStart + begin, bytes);
    }

    private static void RequireTiling(Dictionary<string, SafetensorsEntry> entries, long dataStart, long fileBytes, string path)
    {
        var expected = dataStart;
        foreach (var (name, entry) in entries.OrderBy(entry => entry.Value.Offset).ThenBy(entry => entry.Value.Length))
        {
            if (entry.Offset != expected)
            {
                throw Damaged(path, $"places tensor '{name}' at byte {entry.Offset} where byte {expected} was due, so that tensors overlap or leave a gap");
            }
            expected += entry.Length;
            if (expected > fileBytes)
            {
                throw Damaged(path, $"is truncated: tensor '{name}' ends at byte {expected} of {fileBytes}");
            }
        }
        if (expected != fileBytes)
        {
            throw Damaged(path, $"has {fileBytes - expected} bytes that belong to no tensor");
        }
    }

    private static DisBackException Damaged(string path, string what, Exception? cause = null) =>
        new($"The safetensors file '{path}' {what}: it is damaged or no safetensors file, so fetch or make it again.", cause);
}
