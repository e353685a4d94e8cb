using DisBack.Diffusion.Networks;
using DisBack.Distillation.Runs;
using static TorchSharp.torch;

namespace DisBack.Distillation.Recording;

/// <summary>How far a network's outputs have moved since the newest node.</summary>
internal sealed class OutputProbe : IDisposable
{
    private readonly Denoiser _network;
    private readonly StudentProbe _probe;
    private readonly Tensor _ofLastNode;

    /// <param name="network">The network, which is the newest node now.</param>
    /// <param name="probe">What it is asked about; owned from now on.</param>
    public OutputProbe(Denoiser network, StudentProbe probe)
    {
        using var untracked = no_grad();
        (_network, _probe) = (network, probe);
        _ofLastNode = probe.Denoise(network).DetachFromDisposeScope();
    }

    /// <summary>The outputs of the newest node: part of the checkpoint, because its network is gone.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [("last_outputs", _ofLastNode)];

    /// <summary>The distance to the newest node.</summary>
    public double Distance()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        return Distance(_probe.Denoise(_network), _ofLastNode, _probe.Images);
    }

    /// <summary>Mean |D - D_node| over mean |x0 - D_node|.</summary>
    /// <param name="outputs">What the network makes of noisy samples, [B,C,H,W].</param>
    /// <param name="ofNode">What the node makes of them.</param>
    /// <param name="images">The samples without noise.</param>
    public static double Distance(Tensor outputs, Tensor ofNode, Tensor images)
    {
        using var scope = NewDisposeScope();
        return ((outputs - ofNode).abs().mean() / (images - ofNode).abs().mean()).item<float>();
    }

    /// <summary>The network as it is has become a node.</summary>
    public void Keep()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        _ofLastNode.copy_(_probe.Denoise(_network));
    }

    public void Dispose()
    {
        _probe.Dispose();
        _ofLastNode.Dispose();
    }
}
