using static TorchSharp.torch;

namespace DisBack.Distillation.Optimization;

/// <summary>A worker that trains its run alone.</summary>
public sealed class SingleWorker : IWorkerGroup
{
    private SingleWorker()
    {
    }

    /// <summary>There is nothing in which one differs from another.</summary>
    public static SingleWorker Instance { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Count => 1;

    /// <inheritdoc/>
    public void Sum(IReadOnlyList<Tensor> tensors)
    {
    }
}
