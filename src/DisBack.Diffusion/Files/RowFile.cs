using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>A safetensors file whose rows are read one by one for as long as a run goes on, with what it holds and what keeps it there.</summary>
/// <typeparam name="TFacts">What is known of such a file from its header.</typeparam>
internal sealed class RowFile<TFacts> : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly IDisposable? _lease;

    private RowFile(SafetensorsFile file, IDisposable? lease, TFacts facts) => (_file, _lease, Facts) = (file, lease, facts);

    /// <summary>What the file holds.</summary>
    public TFacts Facts { get; }

    /// <summary>Type and shape of a tensor, whose first extent counts the rows.</summary>
    public TensorEntry this[string tensor] => _file.Entries[tensor];

    /// <summary>Opens a file; nothing but its header is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lease">What keeps the file while it is read, owned from now on, also where the file is refused; null if nothing need.</param>
    /// <param name="read">Reads the header of a file of that path, or refuses it.</param>
    /// <exception cref="DisBackException">It cannot be read, or is refused.</exception>
    public static RowFile<TFacts> Open(string path, IDisposable? lease, Func<SafetensorsHeader, string, TFacts> read)
    {
        SafetensorsFile? file = null;
        try
        {
            file = SafetensorsFile.Open(path);
            return new(file, lease, read(file.Header, file.Path));
        }
        catch
        {
            file?.Dispose();
            lease?.Dispose();
            throw;
        }
    }

    /// <summary>Some rows of a tensor, in the order in which they are asked for (<see cref="SafetensorsFile.ReadRows"/>).</summary>
    public Tensor Read(string tensor, IReadOnlyList<long> rows) => _file.ReadRows(tensor, rows);

    public void Dispose()
    {
        _file.Dispose();
        _lease?.Dispose();
    }
}
