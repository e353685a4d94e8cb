using System.Text.Json;
using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>What a checkpoint holds: weights, optimizer state, averages and pictures as tensors, and the run's position as a small JSON document.</summary>
/// <param name="Tensors">Named tensors, in a fixed order; none of a state that is still in its file.</param>
/// <param name="Progress">Step, target index, policy state and evaluations as JSON.</param>
public sealed record RunState(IReadOnlyList<(string Name, Tensor Value)> Tensors, string Progress)
{
    /// <summary>The metadata field of a checkpoint's file that holds the progress document.</summary>
    public const string ProgressKey = "progress";

    private SafetensorsFile? _file;

    /// <summary>The state in a checkpoint's file, which is read when a run is restored from it, each tensor to where it belongs.</summary>
    /// <param name="file">The file, which must be open until then.</param>
    /// <exception cref="DisBackException">The file is no checkpoint.</exception>
    public static RunState Read(SafetensorsFile file) => file.Metadata.TryGetValue(ProgressKey, out var progress)
        ? new([], progress) { _file = file }
        : throw new DisBackException($"'{file.Path}' is no checkpoint: its metadata has no '{ProgressKey}'; use the checkpoint before it.");

    /// <summary>Copies the tensors into those of a run, by exact name, shape and type.</summary>
    /// <param name="live">Those of the run.</param>
    /// <returns>The tensors that the run did not ask for, of the caller's dispose scope if they come from a file.</returns>
    /// <exception cref="DisBackException">A tensor is missing or differs in shape or type.</exception>
    public IReadOnlyList<(string Name, Tensor Value)> CopyTo(IEnumerable<(string Name, Tensor Value)> live)
    {
        using var noGrad = no_grad();
        if (_file is { } file)
        {
            var left = file.Entries.Keys.ToHashSet(StringComparer.Ordinal);
            foreach (var (name, value) in live)
            {
                if (!left.Remove(name))
                {
                    throw Missing(name);
                }
                file.ReadInto(name, value);
            }
            return [.. file.Entries.Keys.Where(left.Contains).Select(name => (name, file.Read(name)))];
        }
        var stored = Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        foreach (var (name, value) in live)
        {
            if (!stored.Remove(name, out var source))
            {
                throw Missing(name);
            }

            if (!source.shape.SequenceEqual(value.shape) || source.dtype != value.dtype)
            {
                throw new DisBackException(
                    $"Tensor '{name}' of the checkpoint is {source.dtype} [{string.Join(", ", source.shape)}] where this run has "
                    + $"{value.dtype} [{string.Join(", ", value.shape)}]; the network's settings have changed, so start this run under another name.");
            }

            value.copy_(source);
        }

        return [.. Tensors.Where(tensor => stored.ContainsKey(tensor.Name))];
    }

    private static DisBackException Missing(string name) =>
        new($"The checkpoint has no tensor '{name}'; it belongs to another kind of run, so start this one under another name.");

    /// <summary>The progress document as a type.</summary>
    /// <exception cref="DisBackException">It is no such document.</exception>
    internal T ProgressAs<T>()
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Progress) ?? throw new JsonException("it is null");
        }
        catch (JsonException cause)
        {
            throw new DisBackException(
                $"The checkpoint's progress document cannot be read ({cause.Message.TrimEnd('.')}): use the checkpoint before it.", cause);
        }
    }
}
