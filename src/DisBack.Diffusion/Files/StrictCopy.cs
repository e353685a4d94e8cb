using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>
/// The weights that others have written as a file of ours, by exact agreement with a network and in the types that they have: no more than one tensor is in
/// memory, so the network itself may be shapes alone.
/// </summary>
public static class StrictCopy
{
    /// <summary>Writes it.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="network">Names and shapes of the network's tensors.</param>
    /// <param name="metadata">What the file is to say of itself.</param>
    /// <exception cref="DisBackException">The weights are not those of the network, or one of them is not finite.</exception>
    public static void Write(
        string path, TensorFile weights, IEnumerable<(string Name, Tensor Value)> network, IReadOnlyDictionary<string, string> metadata)
    {
        StrictLoading.Check(weights, network, convert: true);
        SafetensorsFile.Write(path, [.. weights.Entries.Select(entry => Source(weights, entry.Key, entry.Value))], metadata);
    }

    private static TensorSource Source(TensorFile weights, string name, TensorEntry entry) => new(name, entry.Type, entry.Shape, stream =>
    {
        using var value = weights.Read(name);
        using (var finite = value.isfinite())
        using (var all = finite.all())
        {
            if (!all.item<bool>())
            {
                throw new DisBackException($"Tensor '{name}' of '{weights.Path}' has a number that is not finite: get the file again.");
            }
        }
        SafetensorsFile.Source(name, value).Write(stream);
    });
}
