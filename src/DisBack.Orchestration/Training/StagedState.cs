using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>A state in staging buffers, or on its way there.</summary>
/// <param name="Copies">The buffers, by the names of what they hold.</param>
/// <param name="Copied">Completes when they hold it.</param>
internal sealed record StagedState(IReadOnlyList<(string Name, Tensor Value)> Copies, Task Copied)
{
    /// <summary>Blocks until the live tensors may change.</summary>
#pragma warning disable RS0030 // On the training thread, which may do nothing else.
    public void Wait() => Copied.GetAwaiter().GetResult();
#pragma warning restore RS0030
}
