using System.Buffers;
using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text.Encodings.Web;
using System.Text.Json;
using DisBack.Specs.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>
/// A safetensors file opened for reading through a memory map: opening reads only the header, reading a tensor touches only its own bytes.
/// </summary>
/// <remarks>
/// Format: https://huggingface.co/docs/safetensors. What <see cref="Write(string, IReadOnlyList{ValueTuple{string, Tensor}}, IReadOnlyDictionary{string,
/// string}?)"/>
/// makes is a pure function of the names, the values and the metadata, whatever their order, so that equal content has an equal digest.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>Bounds the span handed to one copy, and with it the staging memory of tensors that live on an accelerator.</summary>
    private const long ChunkBytes = 64 << 20;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;

    private SafetensorsFile(string path, SafetensorsHeader header, MemoryMappedFile map)
    {
        Path = path;
        Header = header;
        _map = map;
        _view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    /// <summary>The file, as it was named to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The head of the file.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>The free text fields of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata => Header.Metadata;

    /// <summary>Every tensor by its name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => Header.Entries;

    /// <summary>Opens a file and checks its header completely; the data is not read.</summary>
    /// <exception cref="DisBackException">There is no such file, it cannot be read, it is truncated, or its header is not sound.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            using var stream = RegularFile.Open(path);
            var header = SafetensorsHeader.Read(stream, stream.Length, path);
            return new(
                path,
                header,
                MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"Cannot read the safetensors file '{path}': {cause.Message}", cause);
        }
    }

    /// <summary>Reads one tensor into new CPU memory.</summary>
    /// <exception cref="DisBackException">The file has no tensor of that name.</exception>
    public Tensor Read(string name)
    {
        var entry = EntryOf(name);
        var tensor = empty(entry.Shape.ToArray(), entry.Type.Scalar());
        Fill(tensor, entry);
        return tensor;
    }

    /// <summary>Reads one tensor over the values of <paramref name="target"/>, wherever that lives and without a trace in autograd.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="target">What is written over.</param>
    /// <param name="convert">Whether floating-point values of another width are converted; otherwise they are of another type.</param>
    /// <exception cref="DisBackException">The file has no tensor of that name, or one of another shape or type.</exception>
    public void ReadInto(string name, Tensor target, bool convert = false)
    {
        var entry = EntryOf(name);
        RequireMatch(name, target, convert);
        if (entry.Type.Scalar() == target.dtype && target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            Fill(target, entry);
            return;
        }
        using var untracked = no_grad();
        using var values = Read(name);
        target.copy_(values);
    }

    /// <summary>
    /// Throws unless the tensor of that name in the file has exactly the shape and the element type of <paramref name="target"/>, or both are floating-point
    /// and may be converted.
    /// </summary>
    internal void RequireMatch(string name, Tensor target, bool convert = false) => RequireMatch(name, target.shape, target.dtype, convert);

    /// <summary>Throws unless the tensor of that name in the file has exactly this shape and this element type, or may be converted to it.</summary>
    internal void RequireMatch(string name, long[] shape, ScalarType type, bool convert = false)
    {
        var entry = EntryOf(name);
        if (!entry.Shape.SequenceEqual(shape))
        {
            throw new DisBackException($"Tensor '{name}' of '{Path}' has the shape [{string.Join(", ", entry.Shape)}] where "
                + $"[{string.Join(", ", shape)}] is needed: the file belongs to a network with other settings.");
        }
        if (entry.Type.Scalar() != type && !(convert && entry.Type.IsFloatingPoint() && is_floating_point(type)))
        {
            throw new DisBackException($"Tensor '{name}' of '{Path}' has the element type {entry.Type.Scalar()} where {type} is needed: "
                + "convert the file.");
        }
    }

    /// <summary>Unmaps the file. Tensors already read stay valid.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }

    /// <summary>
    /// Writes a file so that the name holds either what it held before or all of the new content, whenever the process or the machine stops:
    /// a temporary file in the same folder is written, flushed to the disk and renamed.
    /// </summary>
    /// <param name="path">The file to make or replace; its folder must exist.</param>
    /// <param name="tensors">Names, each once, and values, from any device and of any layout.</param>
    /// <param name="metadata">Free text fields.</param>
    /// <exception cref="DisBackException">The file cannot be written, for example because the disk is full; nothing was changed.</exception>
    public static void Write(string path, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(path, [.. tensors.Select(tensor => Source(tensor.Name, tensor.Value))], metadata);

    /// <summary>As the other, with tensors that are made while they are written.</summary>
    internal static void Write(string path, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                Write(stream, tensors, metadata);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"Cannot write the safetensors file '{path}': {cause.Message}", cause);
        }
        finally
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }
        }
    }

    /// <summary>Writes the bytes of a safetensors file to a stream.</summary>
    /// <inheritdoc cref="Write(string, IReadOnlyList{ValueTuple{string, Tensor}}, IReadOnlyDictionary{string, string}?)" path="/param"/>
    /// <param name="stream">Receives the bytes from its present position on.</param>
    /// <param name="tensors">Names, each once, and values.</param>
    /// <param name="metadata">Free text fields.</param>
    public static void Write(Stream stream, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(stream, [.. tensors.Select(tensor => Source(tensor.Name, tensor.Value))], metadata);

    /// <summary>Writes the bytes of a safetensors file whose tensors are made while they are written.</summary>
    internal static void Write(Stream stream, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        // Widest elements first keeps every tensor aligned to its element size, which lets readers use the mapped bytes in place.
        var ordered = tensors.OrderByDescending(tensor => tensor.Type.Bytes()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToArray();
        var header = HeaderOf(ordered, metadata);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var tensor in ordered)
        {
            tensor.Write(stream);
        }
    }

    /// <summary>A tensor as a source of its own bytes.</summary>
    internal static TensorSource Source(string name, Tensor value) => new(name, value.dtype.Element(), value.shape, stream => ForEachChunk(value, chunk =>
    {
        using var bytes = chunk.cpu();
        stream.Write(bytes.bytes);
    }));

    private static byte[] HeaderOf(IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(field => field.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }
                json.WriteEndObject();
            }
            var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                if (!names.Add(tensor.Name))
                {
                    throw new ArgumentException($"The tensor name '{tensor.Name}' is used twice or reserved.", nameof(tensors));
                }
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.ToString());
                json.WriteStartArray("shape");
                foreach (var extent in tensor.Shape)
                {
                    json.WriteNumberValue(extent);
                }
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Shape.Aggregate(1L, (elements, extent) => elements * extent) * tensor.Type.Bytes());
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        var padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan.ToArray();
    }

    private void Fill(Tensor target, SafetensorsEntry entry)
    {
        var offset = (ulong)entry.Offset;
        ForEachChunk(target, chunk =>
        {
            var bytes = chunk.bytes;
            _view.SafeMemoryMappedViewHandle.ReadSpan(offset, bytes);
            offset += (ulong)bytes.Length;
        });
    }

    /// <summary>The elements in order, as flat contiguous pieces that fit a span. They share memory with a contiguous tensor.</summary>
    private static void ForEachChunk(Tensor tensor, Action<Tensor> use)
    {
        if (tensor.NumberOfElements == 0)
        {
            return;
        }
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var flat = tensor.detach().contiguous().view(-1);
        var step = ChunkBytes / tensor.dtype.Element().Bytes();
        for (var start = 0L; start < flat.NumberOfElements; start += step)
        {
            using var chunk = flat.narrow(0, start, Math.Min(step, flat.NumberOfElements - start));
            use(chunk);
        }
    }

    private SafetensorsEntry EntryOf(string name) =>
        Entries.TryGetValue(name, out var entry) ? entry : throw new DisBackException($"Tensor '{name}' is missing from '{Path}': the file belongs to "
            + "another network.");
}
