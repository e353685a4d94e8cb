using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>
/// A safetensors file opened for reading: opening reads only the header, reading a tensor touches only its own bytes.
/// </summary>
/// <remarks>
/// It is not mapped into memory: what is mapped counts as memory of the process, which would hold a large network twice while it loads, and a file that another
/// program cuts off would end the process.
/// Format: https://huggingface.co/docs/safetensors. What <see cref="Write(string, IReadOnlyList{ValueTuple{string, Tensor}}, IReadOnlyDictionary{string,
/// string}?)"/>
/// makes is a pure function of the names, the values and the metadata, whatever their order, so that equal content has an equal digest.
/// </remarks>
public sealed class SafetensorsFile : TensorFile
{
    private readonly FileStream _stream;

    private SafetensorsFile(string path, SafetensorsHeader header, FileStream stream)
        : base(path)
    {
        Header = header;
        Entries = header.Entries.ToDictionary(entry => entry.Key, entry => new TensorEntry(entry.Value.Type, entry.Value.Shape), StringComparer.Ordinal);
        _stream = stream;
    }

    /// <summary>The head of the file.</summary>
    public SafetensorsHeader Header { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => Header.Metadata;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Opens a file and checks its header completely; the data is not read.</summary>
    /// <exception cref="DisBackException">There is no such file, it cannot be read, it is truncated, or its header is not sound.</exception>
    public static SafetensorsFile Open(string path)
    {
        var stream = RegularFile.Open(path);
        try
        {
            return new(path, SafetensorsHeader.Read(stream, stream.Length, path), stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _stream.Dispose();

    /// <summary>
    /// Writes a file so that the name holds either what it held before or all of the new content, whenever the process or the machine stops.
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
        try
        {
            ReplacedFile.Write(path, stream => Write(stream, tensors, metadata));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"Cannot write the safetensors file '{path}': {cause.Message}", cause);
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
        stream.Write(HeadOf(ordered.Select(tensor => (tensor.Name, tensor.Type, tensor.Shape)), metadata));
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

    /// <summary>What a file begins with: the length of its header, and the header.</summary>
    /// <param name="tensors">Names, types and shapes, in the order of their elements in the file.</param>
    /// <param name="metadata">Free text fields.</param>
    internal static byte[] HeadOf(
        IEnumerable<(string Name, ElementType Type, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(stackalloc byte[SafetensorsHeader.PrefixBytes]);
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
        var head = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(head, head.Length - SafetensorsHeader.PrefixBytes);
        return head;
    }

    /// <summary>Reads some rows of one tensor, in the order in which they are asked for, and nothing else of it.</summary>
    /// <param name="name">The tensor, [N,...].</param>
    /// <param name="rows">Numbers from 0 to N - 1.</param>
    /// <returns>[rows,...] in new CPU memory.</returns>
    /// <exception cref="DisBackException">The file has no tensor of that name or ends early.</exception>
    public Tensor ReadRows(string name, IReadOnlyList<long> rows)
    {
        var shape = EntryOf(name).Shape;
        var entry = Header.Entries[name];
        var target = empty([rows.Count, .. shape.Skip(1)], entry.Type.Scalar());
        for (var i = 0; i < rows.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(rows[i], nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rows[i], shape[0], nameof(rows));
            using var row = target.narrow(0, i, 1);
            Fill(row, entry.Offset + rows[i] * (entry.Length / shape[0]), name);
        }
        return target;
    }

    internal override void Fill(Tensor target, string name) => Fill(target, Header.Entries[name].Offset, name);

    private void Fill(Tensor target, long offset, string name)
    {
        ForEachChunk(target, chunk =>
        {
            var rest = chunk.bytes;
            while (rest.Length > 0)
            {
                var read = Read(rest, offset, name);
                rest = rest[read..];
                offset += read;
            }
        });
    }

    private int Read(Span<byte> bytes, long offset, string name)
    {
        try
        {
            return RandomAccess.Read(_stream.SafeFileHandle, bytes, offset) is var read and > 0
                ? read
                : throw new DisBackException($"'{Path}' ends within the tensor '{name}': it was changed while it was read.");
        }
        catch (IOException cause)
        {
            throw new DisBackException($"Cannot read the safetensors file '{Path}': {cause.Message}", cause);
        }
    }
}
