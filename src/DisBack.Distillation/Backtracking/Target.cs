using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using static TorchSharp.torch;

namespace DisBack.Distillation.Backtracking;

/// <summary>What stage 2 is distilled against: a node of the trajectory or, under a policy that interpolates, a network between it and the next.</summary>
internal sealed class Target : IDisposable
{
    private readonly ITrajectoryNodes _nodes;
    private readonly bool _needsNext;
    private readonly Denoiser? _between;
    private readonly ParameterGroups? _weights;
    private BorrowedNetwork _node;
    private BorrowedNetwork? _next;

    /// <param name="nodes">The trajectory.</param>
    /// <param name="index">The first target.</param>
    /// <param name="open">Makes a network for what lies between two nodes; null for a policy that has no such targets.</param>
    /// <param name="comparesNodes">Whether the next node is asked for.</param>
    public Target(ITrajectoryNodes nodes, int index, Func<Denoiser>? open, bool comparesNodes = false)
    {
        (_nodes, _needsNext) = (nodes, comparesNodes || open is not null);
        if (open is not null)
        {
            _between = open();
            _between.eval();
            // In float32: steps between two nodes are smaller than what bfloat16 can tell.
            _weights = ParameterGroups.Attach(_between, trained: false);
        }
        Index = index;
        (_node, _next) = Borrow();
    }

    /// <summary>Trajectory index of the node; 0 is the teacher.</summary>
    public int Index { get; private set; }

    /// <summary>The node itself, and the next one towards the teacher, which only a policy that needs it has.</summary>
    public (Denoiser Node, Denoiser? Next) Nodes => (_node.Network, _next?.Network);

    /// <summary>The network to be evaluated.</summary>
    /// <param name="blend">How much of the next node it is, from 0 to 1.</param>
    public Denoiser At(double blend)
    {
        if (_between is null || _next is null)
        {
            return _node.Network;
        }
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        _between.Precision = _node.Network.Precision;
        foreach (var (own, node, next) in _between.parameters().Zip(_node.Network.parameters(), _next.Network.parameters()))
        {
            own.copy_(node.to(float32).lerp(next.to(float32), blend));
        }
        return _between;
    }

    /// <summary>Makes another node the target.</summary>
    public void MoveTo(int index)
    {
        _node.Dispose();
        _next?.Dispose();
        Index = index;
        (_node, _next) = Borrow();
    }

    public void Dispose()
    {
        _node.Dispose();
        _next?.Dispose();
        _weights?.Dispose();
        _between?.Dispose();
    }

    private (BorrowedNetwork Node, BorrowedNetwork? Next) Borrow()
    {
        var node = _nodes.Borrow(Index);
        if (Index == 0)
        {
            return (node, null);
        }
        if (_needsNext)
        {
            return (node, _nodes.Borrow(Index - 1));
        }
        _nodes.Prefetch(Index - 1);
        return (node, null);
    }
}
