using DisBack.Diffusion.Networks;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using static TorchSharp.torch;

namespace DisBack.Distillation.Recording;

/// <summary>How far a network's outputs have moved since the newest node, on noisy samples of the untrained student that stay the same.</summary>
internal sealed class OutputProbe : IDisposable
{
    private readonly Denoiser _network;
    private readonly Draw _draw;
    private readonly Tensor _images;
    private readonly Tensor _noisy;
    private readonly Tensor _ofLastNode;

    /// <param name="network">The network, which is the newest node now.</param>
    /// <param name="generator">The untrained student.</param>
    /// <param name="draw">What its samples are made from, and the noise on them; owned from now on.</param>
    public OutputProbe(Denoiser network, IGenerator generator, Draw draw)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        (_network, _draw) = (network, draw);
        _images = generator.Generate(draw.Latents, draw.Condition).DetachFromDisposeScope();
        _noisy = (_images + draw.Sigma * draw.Noise).DetachFromDisposeScope();
        _ofLastNode = Outputs().DetachFromDisposeScope();
    }

    /// <summary>The outputs of the newest node: part of the checkpoint, because its network is gone.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [("last_outputs", _ofLastNode)];

    /// <summary>Mean |D - D_node| over mean |x0 - D_node|.</summary>
    public double Distance()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        return ((Outputs() - _ofLastNode).abs().mean() / (_images - _ofLastNode).abs().mean()).item<float>();
    }

    /// <summary>The network as it is has become a node.</summary>
    public void Keep()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        _ofLastNode.copy_(Outputs());
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { _images, _noisy, _ofLastNode, _draw.Latents, _draw.Sigma, _draw.Noise }.Concat(_draw.Condition?.Parts ?? []))
        {
            tensor.Dispose();
        }
    }

    private Tensor Outputs() => _network.forward(_noisy, _draw.Sigma, _draw.Condition);
}
