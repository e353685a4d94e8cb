using DisBack.Diffusion.Networks;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Runs;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests;

/// <summary>A trajectory in memory, filled by listening to stage 1.</summary>
internal sealed class MemoryNodes(Func<Denoiser> open) : RecordingListener, ITrajectoryNodes, IDisposable
{
    private readonly List<Dictionary<string, Tensor>> _nodes = [];

    public int Count => _nodes.Count;

    public IReadOnlyDictionary<string, Tensor> this[int index] => _nodes[index];

    protected override void Record(RecordedNode node)
    {
        base.Record(node);
        _nodes.Add(node.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Value.clone().DetachFromDisposeScope()));
    }

    public void Load(int index, Denoiser network)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (name, value) in network.State())
        {
            value.copy_(_nodes[index][name]);
        }
    }

    public BorrowedNetwork Borrow(int index)
    {
        var network = open();
        Load(index, network);
        return BorrowedNetwork.Freeze(network);
    }

    public void Prefetch(int index)
    {
    }

    public void Dispose()
    {
        foreach (var tensor in _nodes.SelectMany(node => node.Values))
        {
            tensor.Dispose();
        }
    }
}
