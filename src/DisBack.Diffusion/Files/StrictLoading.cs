using DisBack.Specs.Reading;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>
/// Loading by exact agreement: every tensor that is asked for is in the file under its own name, shape and element type, and the file has no
/// other. Anything less has let a degraded network pass for a trained one (the released reference code's node files match no key of the network they are loaded
/// into), so nothing is loaded unless all of it fits.
/// </summary>
public static class StrictLoading
{
    /// <summary>Overwrites the targets with the values of the file, or throws and leaves every one of them as it was.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="targets">Names and tensors, on any device.</param>
    /// <param name="prefix">Only tensors of the file whose names begin with it take part, under the rest of their name.</param>
    /// <param name="convert">Whether floating-point values of another width are converted; otherwise they are of another type.</param>
    /// <exception cref="DisBackException">A tensor is missing, unknown, or of another shape or type; the message names it.</exception>
    public static void Load(TensorFile file, IEnumerable<(string Name, Tensor Value)> targets, string prefix = "", bool convert = false)
    {
        foreach (var (name, target) in Check(file, targets, prefix, convert))
        {
            file.ReadInto(name, target, convert);
        }
    }

    /// <summary>Throws as loading would, and reads no tensor; the targets may be shapes alone.</summary>
    /// <returns>The targets by their names in the file.</returns>
    /// <inheritdoc cref="Load" path="/param"/>
    /// <inheritdoc cref="Load" path="/exception"/>
    internal static Dictionary<string, Tensor> Check(
        TensorFile file, IEnumerable<(string Name, Tensor Value)> targets, string prefix = "", bool convert = false)
    {
        var wanted = targets.ToDictionary(target => prefix + target.Name, target => target.Value, StringComparer.Ordinal);
        var unknown = file.Entries.Keys.FirstOrDefault(name => name.StartsWith(prefix, StringComparison.Ordinal) && !wanted.ContainsKey(name));
        foreach (var (name, target) in wanted)
        {
            if (!file.Entries.ContainsKey(name) && unknown is not null)
            {
                if (file.Entries.Keys.FirstOrDefault(longer => longer.EndsWith("." + name, StringComparison.Ordinal)) is { } within)
                {
                    throw new DisBackException($"Tensor '{name}' is missing from '{file.Path}', which has it as '{within}': where that is an option say "
                        + $"--prefix '{within[..^name.Length]}', or name a file of this network alone.");
                }
                var nearest = NearestName.Of(name, file.Entries.Keys.Where(other => !wanted.ContainsKey(other))) ?? unknown;
                throw new DisBackException($"Tensor '{name}' is missing from '{file.Path}', which has an unknown tensor '{nearest}' instead: the file belongs "
                    + "to another network.");
            }
            file.RequireMatch(name, target, convert);
        }
        if (unknown is not null)
        {
            throw new DisBackException($"Tensor '{unknown}' of '{file.Path}' has no place in this network: the file belongs to a network with other settings.");
        }
        return wanted;
    }
}
