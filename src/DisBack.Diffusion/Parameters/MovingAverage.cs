using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters;

/// <summary>Exponential moving average of a flat weight buffer.</summary>
/// <param name="source">The buffer whose weights are averaged.</param>
public sealed class MovingAverage(ParameterBuffer source) : IDisposable
{
    /// <summary>The averaged weights, float32 [n], laid out as <see cref="ParameterBuffer.Weights"/>.</summary>
    public Tensor Weights { get; } = source.Weights.detach().clone();

    /// <summary>average := decay * average + (1 - decay) * weights.</summary>
    public void Update(double decay)
    {
        using var noGrad = no_grad();
        Weights.lerp_(source.Weights, 1 - decay);
    }

    /// <summary>Releases the average.</summary>
    public void Dispose() => Weights.Dispose();
}
