using System.Text.Json;
using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>What a checkpoint holds: weights, optimizer state, averages and pictures as tensors, and the run's position as a small JSON document.</summary>
/// <param name="Tensors">Named tensors, in a fixed order.</param>
/// <param name="Progress">Step, target index, policy state and evaluations as JSON.</param>
public sealed record RunState(IReadOnlyList<(string Name, Tensor Value)> Tensors, string Progress)
{
    /// <summary>The metadata field of a checkpoint's file that holds the progress document.</summary>
    public const string ProgressKey = "progress";

    /// <summary>Reads a checkpoint's file. The tensors belong to the caller's dispose scope.</summary>
    /// <exception cref="DisBackException">The file is no checkpoint.</exception>
    public static RunState Read(SafetensorsFile file) => file.Metadata.TryGetValue(ProgressKey, out var progress)
        ? new([.. file.Entries.Keys.Select(name => (name, file.Read(name)))], progress)
        : throw new DisBackException($"'{file.Path}' is no checkpoint: its metadata has no '{ProgressKey}'; use the checkpoint before it.");

    /// <summary>Copies the tensors into those of a run, by exact name, shape and type.</summary>
    /// <returns>The tensors that the run did not ask for.</returns>
    /// <exception cref="DisBackException">A tensor is missing or differs in shape or type.</exception>
    internal IReadOnlyList<(string Name, Tensor Value)> CopyTo(IEnumerable<(string Name, Tensor Value)> live)
    {
        using var noGrad = no_grad();
        var stored = Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        foreach (var (name, value) in live)
        {
            if (!stored.Remove(name, out var source))
            {
                throw new DisBackException($"The checkpoint has no tensor '{name}'; it belongs to another kind of run, so start this one under another name.");
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
