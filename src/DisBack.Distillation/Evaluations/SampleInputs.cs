using DisBack.Diffusion;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Runs;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Evaluations;

/// <summary>
/// What numbered samples of a network are made from. Sample i has class i modulo the number of classes, whatever batch it is made in, so that every
/// class is shown equally often.
/// </summary>
/// <param name="network">The network that makes the samples.</param>
/// <param name="streams">The seed of the latents.</param>
/// <param name="purpose">What the samples are for; two purposes never share latents.</param>
/// <param name="device">Where they are needed.</param>
public sealed class SampleInputs(NetworkSettings network, RandomStreams streams, string purpose, Device device)
{
    /// <summary>Latents and classes of the samples numbered first to first + count - 1.</summary>
    /// <returns>Latents z ~ N(0, I), [count,C,H,W], a pure function of (seed, purpose, first, count), and one-hot classes [count,label_dim], null for an unconditional network.</returns>
    public (Tensor Latents, Tensor? Labels) Take(long first, long count)
    {
        using var generator = streams.For(purpose, first);
        return (Draw.LatentsOf(network, count, generator).SentTo(device), Draw.LabelsInTurn(network, first, count)?.SentTo(device));
    }
}
