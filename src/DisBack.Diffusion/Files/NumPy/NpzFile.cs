using System.IO.Compression;
using DisBack.Specs.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files.NumPy;

/// <summary>A file of NumPy's <c>savez</c>: a ZIP file with one entry for each array. Those of floating-point numbers are read.</summary>
internal sealed class NpzFile : IDisposable
{
    private const string Suffix = ".npy";

    private readonly ArchiveFile _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _arrays;

    private NpzFile(ArchiveFile archive, Dictionary<string, ZipArchiveEntry> arrays) => (_archive, _arrays) = (archive, arrays);

    /// <summary>The names of its arrays.</summary>
    public IEnumerable<string> Names => _arrays.Keys.Order(StringComparer.Ordinal);

    /// <summary>Opens a file; no array is read yet, and the caller disposes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="advice">What every error about the file tells people to do.</param>
    /// <exception cref="DisBackException">It is missing, or no such file.</exception>
    public static NpzFile Open(string path, string advice)
    {
        var archive = ArchiveFile.Open(path, advice);
        var arrays = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries.Where(entry => entry.FullName.EndsWith(Suffix, StringComparison.Ordinal)))
        {
            if (!arrays.TryAdd(entry.FullName[..^Suffix.Length], entry))
            {
                archive.Dispose();
                throw archive.Wrong($"holds '{entry.FullName}' twice");
            }
        }
        return new NpzFile(archive, arrays);
    }

    /// <summary>Writes arrays of float64, so that a reader sees the whole file or none.</summary>
    /// <param name="path">The file, which is replaced.</param>
    /// <param name="arrays">Contiguous tensors of float64 on the CPU, with their names.</param>
    public static void Write(string path, IReadOnlyList<(string Name, Tensor Value)> arrays)
    {
        ReplacedFile.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, value) in arrays)
            {
                using var entry = archive.CreateEntry(name + Suffix, CompressionLevel.NoCompression).Open();
                entry.Write(NpyArray.HeadOfDoubles(value.shape));
                entry.Write(value.bytes);
            }
        });
    }

    /// <summary>An array of float32 or float64 as float64, [extents].</summary>
    /// <exception cref="DisBackException">There is none of this name, it is damaged, or its elements are others.</exception>
    public Tensor Read(string name)
    {
        if (!_arrays.TryGetValue(name, out var entry))
        {
            throw Wrong($"has no array '{name}' but {(_arrays.Count == 0 ? "none at all" : string.Join(", ", Names.Take(10)))}");
        }
        var bytes = _archive.Read(entry);
        if (NpyArray.Parse(bytes) is not { } head)
        {
            throw Wrong($"has a '{entry.FullName}' that is no array of NumPy");
        }
        if (TypeOf(head.Type) is not { } type)
        {
            throw Wrong($"has an array '{name}' of type {head.Type}, where <f4 and <f8 are read");
        }
        var elements = head.Shape.Aggregate((Int128)1, (product, extent) => product > long.MaxValue ? product : product * extent);
        if (elements == 0 || elements * type.ElementSize() != bytes.Length - head.Start)
        {
            throw Wrong($"has an array '{name}' of {bytes.Length - head.Start:N0} bytes where [{string.Join(", ", head.Shape)}] of {head.Type} has "
                + $"{elements * type.ElementSize():N0}");
        }
        using var scope = NewDisposeScope();
        var shape = head.Shape.ToArray();
        var stored = empty(head.IsColumnMajor ? [.. shape.Reverse()] : shape, type);
        bytes.AsSpan(head.Start).CopyTo(stored.bytes);
        var values = head.IsColumnMajor ? stored.permute([.. shape.Select((_, i) => shape.Length - 1L - i)]) : stored;
        return values.to(float64).contiguous().MoveToOuterDisposeScope();

        static ScalarType? TypeOf(string name) => name switch
        {
            "<f8" => float64,
            "<f4" => float32,
            _ => null,
        };
    }

    /// <summary>The exception that says what is wrong with the file, and what to do.</summary>
    public DisBackException Wrong(string what) => _archive.Wrong(what);

    public void Dispose() => _archive.Dispose();
}
