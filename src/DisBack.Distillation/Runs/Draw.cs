using DisBack.Diffusion;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Everything random that one iteration on generated images needs.</summary>
/// <param name="Latents">z ~ N(0, I), [B,C,H,W].</param>
/// <param name="Sigma">Noise levels, [B,1,1,1].</param>
/// <param name="Noise">eps ~ N(0, I), [B,C,H,W].</param>
/// <param name="Labels">One-hot classes [B,label_dim], uniformly drawn; null for an unconditional network.</param>
public readonly record struct Draw(Tensor Latents, Tensor Sigma, Tensor Noise, Tensor? Labels)
{
    /// <summary>The draw of one step of one stage: a pure function of (seed, stage, step), the same on every device.</summary>
    public static Draw At(RandomStreams streams, string stage, long step, NetworkSettings network, NoiseLaw law, long batch, Device device)
    {
        using var generator = streams.For(stage, step);
        var latents = LatentsOf(network, batch, generator);
        var labels = LabelsOf(network, batch, generator);
        var sigma = law.Sample(batch, generator);
        var noise = randn(latents.shape, float32, generator: generator);
        return new Draw(latents.SentTo(device), sigma.SentTo(device), noise.SentTo(device), labels?.SentTo(device));
    }

    /// <summary>z ~ N(0, I), [batch,C,H,W].</summary>
    internal static Tensor LatentsOf(NetworkSettings network, long batch, Generator generator) =>
        randn([batch, network.ImgChannels, network.ImgResolution, network.ImgResolution], float32, generator: generator);

    /// <summary>Uniformly drawn one-hot classes [batch,label_dim], or null for an unconditional network.</summary>
    internal static Tensor? LabelsOf(NetworkSettings network, long batch, Generator generator)
    {
        if (network.LabelDim == 0)
        {
            return null;
        }

        using var classes = randint(0, network.LabelDim, [batch], int64, generator: generator);
        return OneHot(classes, network.LabelDim);
    }

    /// <summary>The classes first, first + 1, ... modulo label_dim as one-hot rows [count,label_dim], or null for an unconditional network.</summary>
    internal static Tensor? LabelsInTurn(NetworkSettings network, long first, long count)
    {
        if (network.LabelDim == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        return OneHot(arange(first, first + count, int64).remainder(network.LabelDim), network.LabelDim).MoveToOuterDisposeScope();
    }

    /// <summary>Classes int64 [B] as float32 one-hot rows [B,label_dim].</summary>
    internal static Tensor OneHot(Tensor classes, long labelDim)
    {
        using var rows = nn.functional.one_hot(classes, labelDim);
        return rows.to(float32);
    }
}
