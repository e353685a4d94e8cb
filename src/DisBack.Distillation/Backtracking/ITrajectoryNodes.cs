using DisBack.Diffusion.Networks;

namespace DisBack.Distillation.Backtracking;

/// <summary>The sealed trajectory as stage 2 reads it. Index 0 is the exact teacher, the last index the most degraded network.</summary>
public interface ITrajectoryNodes
{
    /// <summary>Number of nodes, the teacher included; at least 1.</summary>
    int Count { get; }

    /// <summary>Loads a node's weights into a network by exact key, shape and type.</summary>
    /// <exception cref="DisBackException">The file is damaged or does not fit; the message names the node and the tensor.</exception>
    void Load(int index, Denoiser network);

    /// <summary>Lends a node's network as a target, to be looked at only; runs of one process that look at the same node share it.</summary>
    /// <exception cref="DisBackException">The file is damaged or is no network; the message names the node.</exception>
    BorrowedNetwork Borrow(int index);

    /// <summary>Says which node is needed next, so that it is at hand when its turn comes. Returns at once.</summary>
    void Prefetch(int index);
}
