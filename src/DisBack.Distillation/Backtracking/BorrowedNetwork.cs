using DisBack.Diffusion.Networks;

namespace DisBack.Distillation.Backtracking;

/// <summary>A network that is only evaluated, perhaps by several runs at once, until it is given back.</summary>
public sealed class BorrowedNetwork : IDisposable
{
    private Action? _giveBack;

    private BorrowedNetwork(Denoiser network, Action giveBack) => (Network, _giveBack) = (network, giveBack);

    /// <summary>The network, in evaluation mode and without gradients; not to be changed.</summary>
    public Denoiser Network { get; }

    /// <summary>Takes a network over and freezes it; given back, it is gone.</summary>
    public static BorrowedNetwork Freeze(Denoiser network)
    {
        network.eval();
        network.RoundBlocks();
        foreach (var parameter in network.parameters())
        {
            parameter.requires_grad = false;
        }
        return new(network, network.Dispose);
    }

    /// <summary>The same network for one more borrower.</summary>
    /// <param name="giveBack">Called once, when that borrower is done.</param>
    public BorrowedNetwork LendOn(Action giveBack) => new(Network, giveBack);

    /// <summary>Gives it back; more than once does no harm.</summary>
    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
