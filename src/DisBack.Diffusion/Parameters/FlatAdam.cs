using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters;

/// <summary>Adam (Kingma and Ba, 2014, algorithm 1) over the flat buffers of a <see cref="ParameterBuffer"/>; agrees with PyTorch's Adam.</summary>
/// <param name="buffer">Weights to move and gradients to read.</param>
/// <param name="beta1">Decay of the first moment.</param>
/// <param name="beta2">Decay of the second moment.</param>
/// <param name="epsilon">Added to the root of the second moment.</param>
public sealed class FlatAdam(ParameterBuffer buffer, double beta1, double beta2, double epsilon) : IDisposable
{
    /// <summary>The first moment, float32 [n].</summary>
    public Tensor FirstMoment { get; } = zeros_like(buffer.Weights);

    /// <summary>The second moment, float32 [n].</summary>
    public Tensor SecondMoment { get; } = zeros_like(buffer.Weights);

    /// <summary>Updates made so far; part of the optimizer's state, because the bias correction depends on it.</summary>
    public long Updates { get; set; }

    /// <summary>One update. A gradient that is not finite moves nothing: NaN counts as 0 and infinity as 1e5, as in EDM's loop.</summary>
    /// <param name="learningRate">The step size of this update.</param>
    /// <param name="clipNorm">Largest L2 norm of the whole gradient, or null.</param>
    public void Step(double learningRate, double? clipNorm = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var gradient = buffer.Gradients!;
        gradient.nan_to_num_(0, 1e5, -1e5);
        if (clipNorm is { } limit)
        {
            gradient.mul_(limit / gradient.norm().clamp_min(limit));
        }

        Updates++;
        FirstMoment.lerp_(gradient, 1 - beta1);
        SecondMoment.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        var correction1 = 1 - Math.Pow(beta1, Updates);
        var correction2 = 1 - Math.Pow(beta2, Updates);
        var denominator = SecondMoment.sqrt().div_(Math.Sqrt(correction2)).add_(epsilon);
        buffer.Weights.addcdiv_(FirstMoment, denominator, -learningRate / correction1);
    }

    /// <summary>Releases the moments.</summary>
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
