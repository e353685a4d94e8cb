using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters;

/// <summary>
/// Adam (Kingma and Ba, 2014, algorithm 1) over the flat buffers of a network's trained parameters, with decoupled weight decay (Loshchilov and Hutter,
/// 2017); agrees with PyTorch's Adam and AdamW.
/// </summary>
/// <param name="parameters">Weights to move and gradients to read.</param>
/// <param name="beta1">Decay of the first moment.</param>
/// <param name="beta2">Decay of the second moment.</param>
/// <param name="epsilon">Added to the root of the second moment.</param>
/// <param name="weightDecay">The part of every weight that is taken away per unit of the learning rate.</param>
public sealed class FlatAdam(ParameterGroups parameters, double beta1, double beta2, double epsilon, double weightDecay = 0) : IDisposable
{
    /// <summary>The first moments, one tensor [n] for each trained group.</summary>
    public IReadOnlyList<Tensor> FirstMoments { get; } = [.. parameters.Trained.Select(group => zeros_like(group.Weights))];

    /// <summary>The second moments, one tensor [n] for each trained group.</summary>
    public IReadOnlyList<Tensor> SecondMoments { get; } = [.. parameters.Trained.Select(group => zeros_like(group.Weights))];

    /// <summary>Updates made so far; part of the optimizer's state, because the bias correction depends on it.</summary>
    public long Updates { get; set; }

    /// <summary>One update along the gradients as they are.</summary>
    /// <param name="learningRate">The step size of this update.</param>
    public void Step(double learningRate)
    {
        using var noGrad = no_grad();
        Updates++;
        for (var i = 0; i < parameters.Trained.Count; i++)
        {
            using var scope = NewDisposeScope();
            var (weights, gradients) = (parameters.Trained[i].Weights, parameters.Trained[i].Gradients!);
            if (weightDecay > 0)
            {
                weights.mul_(1 - learningRate * weightDecay);
            }

            FirstMoments[i].lerp_(gradients, 1 - beta1);
            SecondMoments[i].mul_(beta2).addcmul_(gradients, gradients, 1 - beta2);
            var correction1 = 1 - Math.Pow(beta1, Updates);
            var correction2 = 1 - Math.Pow(beta2, Updates);
            var denominator = SecondMoments[i].sqrt().div_(Math.Sqrt(correction2)).add_(epsilon);
            weights.addcdiv_(FirstMoments[i], denominator, -learningRate / correction1);
        }
    }

    /// <summary>Releases the moments.</summary>
    public void Dispose()
    {
        foreach (var moment in FirstMoments.Concat(SecondMoments))
        {
            moment.Dispose();
        }
    }
}
