using static TorchSharp.torch;

namespace DisBack.Distillation.Optimization;

/// <summary>
/// The workers that train one run together. Each makes all draws of a batch, computes its own rows of it, and adds its gradients to those of the others, so
/// that all of them hold the same weights after every step.
/// </summary>
public interface IWorkerGroup
{
    /// <summary>Which of them this is, from 0. Worker 0 alone evaluates and keeps what the run leaves.</summary>
    int Rank { get; }

    /// <summary>How many they are.</summary>
    int Count { get; }

    /// <summary>
    /// Replaces tensors by their sums over all workers, added in the order of ranks: the same bits on every worker. Blocks until all have brought theirs; all
    /// call it as often, with tensors of the same sizes.
    /// </summary>
    /// <param name="tensors">Contiguous tensors of float32, of any shapes and on any device.</param>
    /// <exception cref="OperationCanceledException">This worker was asked to stop.</exception>
    void Sum(IReadOnlyList<Tensor> tensors);
}
