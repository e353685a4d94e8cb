using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>
/// A safetensors file that is written row by row: the shapes of its tensors are known beforehand, and rows of several of them are made together, so none of
/// them need fit into memory. The file has its name when it is complete; who stops before leaves nothing under it.
/// </summary>
public sealed class SafetensorsRows : IDisposable
{
    private readonly string _path;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, long> _written;
    private readonly ReplacedFile _file;

    private SafetensorsRows(string path, SafetensorsHeader header, ReplacedFile file)
    {
        (_path, _header, _file) = (path, header, file);
        _written = header.Entries.Keys.ToDictionary(name => name, _ => 0L, StringComparer.Ordinal);
    }

    /// <summary>Begins a file.</summary>
    /// <param name="path">The file to make or replace; its folder must exist.</param>
    /// <param name="tensors">Names with types and shapes [rows,...], one row at least.</param>
    /// <param name="metadata">Free text fields.</param>
    /// <exception cref="DisBackException">There cannot be such a file: for example the disk has no room for it.</exception>
    public static SafetensorsRows Create(
        string path, IReadOnlyDictionary<string, TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        // As other safetensors files are written: widest elements first.
        var ordered = tensors.OrderByDescending(tensor => tensor.Value.Type.Bytes()).ThenBy(tensor => tensor.Key, StringComparer.Ordinal);
        var head = SafetensorsFile.HeadOf(ordered.Select(tensor => (tensor.Key, tensor.Value.Type, tensor.Value.Shape)), metadata);
        var bytes = head.Length + tensors.Values.Sum(tensor => tensor.Elements * tensor.Type.Bytes());
        return Try(path, () =>
        {
            var file = new ReplacedFile(path, bytes);
            file.Stream.Write(head);
            using var written = new MemoryStream(head);
            return new SafetensorsRows(path, SafetensorsHeader.Read(written, bytes, path), file);
        });
    }

    /// <summary>Writes the next rows of a tensor.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="rows">[n,...] on any device, of any type that can be converted.</param>
    /// <exception cref="ArgumentException">They are no rows of that tensor, or more than it has.</exception>
    /// <exception cref="DisBackException">They cannot be written.</exception>
    public void Write(string name, Tensor rows)
    {
        var entry = _header.Entries[name];
        var (first, count) = (_written[name], rows.shape[0]);
        if (!rows.shape.Skip(1).SequenceEqual(entry.Shape.Skip(1)) || first + count > entry.Shape[0])
        {
            throw new ArgumentException($"[{string.Join(", ", rows.shape)}] are not rows {first} and on of '{name}', [{string.Join(", ", entry.Shape)}].",
                nameof(rows));
        }
        using var scope = NewDisposeScope();
        var bytes = rows.detach().to(entry.Type.Scalar()).cpu().contiguous().bytes;
        var offset = entry.Offset + first * (entry.Length / entry.Shape[0]);
        try
        {
            RandomAccess.Write(_file.Stream.SafeFileHandle, bytes, offset);
        }
        catch (IOException cause)
        {
            throw Unwritable(_path, cause);
        }
        _written[name] += count;
    }

    /// <summary>Ends the file, which has its name from then on.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    /// <exception cref="DisBackException">It cannot be written.</exception>
    public void Complete()
    {
        if (_written.FirstOrDefault(tensor => tensor.Value < _header.Entries[tensor.Key].Shape[0]).Key is { } lacking)
        {
            throw new InvalidOperationException($"'{lacking}' has {_written[lacking]} rows of {_header.Entries[lacking].Shape[0]}.");
        }
        Try(_path, () =>
        {
            _file.Complete();
            return true;
        });
    }

    /// <summary>Removes what was written, unless it is complete.</summary>
    public void Dispose() => _file.Dispose();

    private static T Try<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, cause);
        }
    }

    private static DisBackException Unwritable(string path, Exception cause) => new($"Cannot write the safetensors file '{path}': {cause.Message}", cause);
}
