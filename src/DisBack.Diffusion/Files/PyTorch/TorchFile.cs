using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>
/// The tensors of a file that PyTorch or EDM's training wrote: torch.save's ZIP archives, the form before them, and pickles with tensors in them. Read without
/// running anything; see <see cref="TorchNames"/>.
/// </summary>
/// <remarks>
/// Names are the keys on the way to a tensor with dots between them, and for a module those of its <c>state_dict()</c>: <c>ema.model.enc...</c>. Sources: the
/// layout notes of torch/serialization.py and caffe2/serialize/inline_container.h, and Python's pickletools.
/// </remarks>
internal sealed class TorchFile : TensorFile
{
    /// <summary>Tied weights have two names each.</summary>
    private const int MostViews = 4;

    private readonly FileStream _stream;
    private readonly TorchState _state;

    private TorchFile(string path, FileStream stream, object? root)
        : base(path)
    {
        (_stream, _state) = (stream, TorchState.Of(root, path));
        Entries = _state.Tensors.ToDictionary(tensor => tensor.Key, tensor => (TensorEntry)tensor.Value, StringComparer.Ordinal);
        // A storage may have several views; what is taken for a tensor bounds what is allocated for it.
        if (_state.Tensors.Values.Sum(tensor => (double)tensor.Elements * tensor.Type.Bytes()) > MostViews * (double)stream.Length)
        {
            throw Damaged(path, $"has tensors of more than {MostViews} times its size");
        }
    }

    /// <summary>Nothing: what is known of a network belongs to a part of the file, see <see cref="Networks"/>.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Networks of EDM's that the file says the settings of: their JSON by what the names of their tensors begin with.</summary>
    public IReadOnlyDictionary<string, string> Networks => _state.Networks;

    /// <summary>
    /// Whether a file begins as one of these does, or as a pickle of the oldest protocols, which do not say that they are one: PyTorch writes none, but whoever
    /// hides a program in a file may.
    /// </summary>
    public static bool Begins(ReadOnlySpan<byte> file) => file.StartsWith("PK\u0003\u0004"u8)
        || (file.Length > 1 && (PickleOpcode)file[0]
            is PickleOpcode.Proto or PickleOpcode.Global or PickleOpcode.Mark or PickleOpcode.EmptyDict or PickleOpcode.EmptyList);

    /// <summary>Opens a file and reads what describes its tensors.</summary>
    /// <exception cref="DisBackException">It cannot be read, is damaged, holds no tensor, or names something that is no data.</exception>
    public static TorchFile Open(string path)
    {
        var stream = RegularFile.Open(path);
        try
        {
            var isArchive = stream.ReadByte() == 'P';
            stream.Position = 0;
            return new TorchFile(path, stream, isArchive ? TorchArchive.Read(path, stream) : TorchPickles.Read(path, stream));
        }
        catch (Exception cause) when (cause is IOException or InvalidDataException)
        {
            stream.Dispose();
            throw new DisBackException($"Cannot read '{path}' as a file of PyTorch's: {cause.Message.TrimEnd('.')}; fetch or make it again.", cause);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _stream.Dispose();

    /// <inheritdoc/>
    internal override void Fill(Tensor target, string name)
    {
        var tensor = _state.Tensors[name];
        if (tensor.IsContiguous)
        {
            Fill(target, tensor.Storage.Offset + (tensor.First * tensor.Type.Bytes()));
            return;
        }
        using var scope = NewDisposeScope();
        var numbers = empty([tensor.Span], tensor.Type.Scalar());
        Fill(numbers, tensor.Storage.Offset + (tensor.First * tensor.Type.Bytes()));
        target.copy_(numbers.as_strided(tensor.Shape.ToArray(), tensor.Strides.ToArray()));
    }

    private void Fill(Tensor target, long offset)
    {
        try
        {
            _stream.Position = offset;
            ForEachChunk(target, chunk => _stream.ReadExactly(chunk.bytes));
        }
        catch (IOException cause)
        {
            throw new DisBackException($"Cannot read '{Path}': {cause.Message}", cause);
        }
    }

    internal static DisBackException Damaged(string path, string what) =>
        new($"'{path}' {what}: it is damaged or no file of PyTorch's, so fetch or make it again.");
}
