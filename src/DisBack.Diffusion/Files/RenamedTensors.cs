using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>The tensors of a file under other names.</summary>
public sealed class RenamedTensors : TensorFile
{
    private readonly TensorFile _file;
    private readonly Dictionary<string, string> _original = new(StringComparer.Ordinal);

    /// <param name="file">The file, which is disposed of with this.</param>
    /// <param name="rename">The name of a tensor by that in the file; null where it is left out.</param>
    /// <param name="metadata">Fields that belong to these tensors; those of the file unless given.</param>
    /// <exception cref="DisBackException">Two tensors would have one name.</exception>
    public RenamedTensors(TensorFile file, Func<string, string?> rename, IReadOnlyDictionary<string, string>? metadata = null)
        : base(file.Path)
    {
        (_file, Metadata) = (file, metadata ?? file.Metadata);
        var entries = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        foreach (var (original, entry) in file.Entries)
        {
            if (rename(original) is not { } name)
            {
                continue;
            }
            if (!entries.TryAdd(name, entry))
            {
                throw new DisBackException($"'{file.Path}' has '{original}' and '{_original[name]}', which are names of one tensor: leave one of them out.");
            }
            _original[name] = original;
        }
        Entries = entries;
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>The tensors whose names begin with something, under the rest of their names.</summary>
    public static RenamedTensors Under(TensorFile file, string prefix, IReadOnlyDictionary<string, string>? metadata = null) =>
        new(file, name => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null, metadata);

    /// <inheritdoc/>
    public override void Dispose() => _file.Dispose();

    /// <inheritdoc/>
    internal override void Fill(Tensor target, string name) => _file.Fill(target, _original[name]);
}
