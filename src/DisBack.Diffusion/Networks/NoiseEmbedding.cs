using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>Embeds noise levels [B] as cosines, then sines, of their multiples: [B, channels].</summary>
internal abstract class NoiseEmbedding(string name) : nn.Module(name)
{
    public abstract Tensor forward(Tensor noise);

    protected static Tensor CosinesAndSines(Tensor noise, Tensor frequencies)
    {
        var phases = outer(noise, frequencies);
        return cat([phases.cos(), phases.sin()], 1);
    }
}

/// <summary>Geometric frequencies from 1 to 1/10,000, the latter included or not (DDPM++, ADM).</summary>
internal sealed class PositionalEmbedding(int channels, bool endpoint) : NoiseEmbedding(nameof(PositionalEmbedding))
{
    public override Tensor forward(Tensor noise)
    {
        using var scope = NewDisposeScope();
        var exponents = arange(channels / 2, ScalarType.Float32, noise.device).div_(channels / 2 - (endpoint ? 1 : 0));
        return CosinesAndSines(noise, full_like(exponents, 1e-4).pow_(exponents)).MoveToOuterDisposeScope();
    }
}

/// <summary>Random frequencies, fixed for the life of the network and saved with it (NCSN++).</summary>
internal sealed class FourierEmbedding : NoiseEmbedding
{
    private const double Scale = 16;
    private readonly Tensor freqs;

    public FourierEmbedding(int channels, Generator generator)
        : base(nameof(FourierEmbedding))
    {
        freqs = randn(channels / 2, generator: generator).mul_(Scale).DetachFromDisposeScope();
        RegisterComponents();
    }

    public override Tensor forward(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return CosinesAndSines(noise, freqs.mul((float)(2 * Math.PI))).MoveToOuterDisposeScope();
    }
}
