using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>The tensors of a file whose names begin alike, under the rest of their names.</summary>
/// <param name="file">The file, which is disposed of with this.</param>
/// <param name="prefix">What the names begin with.</param>
/// <param name="metadata">Fields that belong to these tensors.</param>
internal sealed class TensorsUnder(TensorFile file, string prefix, IReadOnlyDictionary<string, string> metadata) : TensorFile(file.Path)
{
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorEntry> Entries { get; } = file.Entries
        .Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();

    /// <inheritdoc/>
    internal override void Fill(Tensor target, string name) => file.Fill(target, prefix + name);
}
