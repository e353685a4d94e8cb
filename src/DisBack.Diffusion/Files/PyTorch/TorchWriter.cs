using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>Writes tensors as torch.save does, for programs that read with torch.load; also with its <c>weights_only</c>.</summary>
public static class TorchWriter
{
    private const string Root = "archive/";

    /// <summary>
    /// Writes the tensors of a file as a state_dict: an archive with its index, and each tensor as an entry of its own, one in memory at a time.
    /// </summary>
    /// <param name="stream">Where to write; must seek.</param>
    /// <param name="file">The tensors.</param>
    /// <param name="prefix">What their names are to begin with.</param>
    public static void Write(Stream stream, TensorFile file, string prefix = "")
    {
        var tensors = file.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        Add("data.pkl", entry => entry.Write(Index(prefix, tensors)));
        Add("byteorder", entry => entry.Write("little"u8));
        foreach (var (i, (name, _)) in tensors.Index())
        {
            Add($"data/{i}", entry =>
            {
                using var values = file.Read(name);
                SafetensorsFile.Source(name, values).Write(entry);
            });
        }
        Add("version", entry => entry.Write("3\n"u8));

        void Add(string name, Action<Stream> write)
        {
            var entry = archive.CreateEntry(Root + name, CompressionLevel.NoCompression);
            // The least a ZIP file can say: equal tensors make equal files.
            entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using var content = entry.Open();
            write(content);
        }
    }

    /// <summary>The pickle of a dictionary, in protocol 2, as torch.save makes it but without memoized values.</summary>
    private static byte[] Index(string prefix, IReadOnlyList<KeyValuePair<string, TensorEntry>> tensors)
    {
        using var pickle = new MemoryStream();
        Put(PickleOpcode.Proto, 2);
        Put(PickleOpcode.EmptyDict);
        Put(PickleOpcode.Mark);
        foreach (var (i, (name, tensor)) in tensors.Index())
        {
            Text(prefix + name);
            Global("torch._utils", "_rebuild_tensor_v2");
            Put(PickleOpcode.Mark);
            Put(PickleOpcode.Mark);
            Text("storage");
            Global("torch", TorchStorage.NameOf(tensor.Type));
            Text($"{i}");
            Text("cpu");
            Number(tensor.Elements);
            Put(PickleOpcode.Tuple);
            Put(PickleOpcode.BinPersId);
            Number(0);
            Numbers(tensor.Shape);
            Numbers(StridesOf(tensor.Shape));
            Put(PickleOpcode.NewFalse);
            Global("collections", "OrderedDict");
            Put(PickleOpcode.EmptyTuple);
            Put(PickleOpcode.Reduce);
            Put(PickleOpcode.Tuple);
            Put(PickleOpcode.Reduce);
        }
        Put(PickleOpcode.SetItems);
        Put(PickleOpcode.Stop);
        return pickle.ToArray();

        void Put(PickleOpcode opcode, params ReadOnlySpan<byte> argument)
        {
            pickle.WriteByte((byte)opcode);
            pickle.Write(argument);
        }

        void Global(string module, string name) => Put(PickleOpcode.Global, Encoding.ASCII.GetBytes($"{module}\n{name}\n"));

        void Text(string text)
        {
            var (bytes, length) = (Encoding.UTF8.GetBytes(text), new byte[sizeof(uint)]);
            BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)bytes.Length);
            Put(PickleOpcode.BinUnicode, [.. length, .. bytes]);
        }

        void Number(long number)
        {
            var bytes = new BigInteger(number).ToByteArray();
            Put(PickleOpcode.Long1, [(byte)bytes.Length, .. bytes]);
        }

        void Numbers(IEnumerable<long> numbers)
        {
            Put(PickleOpcode.Mark);
            foreach (var number in numbers)
            {
                Number(number);
            }
            Put(PickleOpcode.Tuple);
        }
    }

    private static long[] StridesOf(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        var next = 1L;
        for (var i = shape.Count - 1; i >= 0; i--)
        {
            (strides[i], next) = (next, next * Math.Max(shape[i], 1));
        }
        return strides;
    }
}
