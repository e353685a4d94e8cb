using DisBack.Diffusion.Parameters.Moments;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters;

/// <summary>
/// Adam (Kingma and Ba, 2014, algorithm 1) over the flat buffers of a network's trained parameters, with decoupled weight decay (Loshchilov and Hutter,
/// 2017); agrees with PyTorch's Adam and AdamW.
/// </summary>
public sealed class FlatAdam : IDisposable
{
    /// <summary>Elements that are updated at once: what is computed on the way then takes little beside the buffers, however large they are.</summary>
    internal const long ChunkLength = 1 << 22;

    private readonly ParameterGroups _parameters;
    private readonly (double Beta1, double Beta2, double Epsilon, double WeightDecay) _settings;
    private readonly MomentType _type;
    private readonly IReadOnlyList<(Moment First, Moment Second)> _moments;

    /// <param name="parameters">Weights to move and gradients to read.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="epsilon">Added to the root of the second moment.</param>
    /// <param name="weightDecay">The part of every weight that is taken away per unit of the learning rate.</param>
    /// <param name="moments">How both moments are kept.</param>
    public FlatAdam(
        ParameterGroups parameters, double beta1, double beta2, double epsilon, double weightDecay = 0, MomentType moments = MomentType.Float32)
    {
        (_parameters, _settings, _type) = (parameters, (beta1, beta2, epsilon, weightDecay), moments);
        _moments = [.. parameters.Trained.Select(group => (Moment.Of(moments, group.Weights, false), Moment.Of(moments, group.Weights, true)))];
    }

    /// <summary>
    /// Its tensors by name, each of them a list with one for each trained group; with <see cref="Updates"/> its whole state. They are <c>first_moment</c> and
    /// <c>second_moment</c>, [n], and for moments of 8 bits the scales of their blocks.
    /// </summary>
    public IReadOnlyList<(string Name, IReadOnlyList<Tensor> Groups)> State =>
    [
        .. Named("first_moment", [.. _moments.Select(moments => moments.First.State)]),
        .. Named("second_moment", [.. _moments.Select(moments => moments.Second.State)]),
    ];

    /// <summary>Updates made so far; part of the optimizer's state, because the bias correction depends on it.</summary>
    public long Updates { get; set; }

    /// <summary>One update along the gradients as they are.</summary>
    /// <param name="learningRate">The step size of this update.</param>
    public void Step(double learningRate)
    {
        using var noGrad = no_grad();
        Updates++;
        foreach (var (group, moments) in _parameters.Trained.Zip(_moments))
        {
            // What is rounded at random depends on the update alone, so that a resumed run rounds as one that was never stopped.
            using var random = _type == MomentType.Float32 ? null : new Generator((ulong)Updates, group.Weights.device);
            var elements = group.Weights.size(0);
            for (var first = 0L; first < elements; first += ChunkLength)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(ChunkLength, elements - first);
                Step(group.Weights.narrow(0, first, count), group.Gradients!.narrow(0, first, count), moments, first, learningRate, random);
            }
        }
    }

    /// <summary>Releases the moments.</summary>
    public void Dispose()
    {
        foreach (var (first, second) in _moments)
        {
            first.Dispose();
            second.Dispose();
        }
    }

    private static IEnumerable<(string Name, IReadOnlyList<Tensor> Groups)> Named(
        string name, IReadOnlyList<IReadOnlyList<(string Suffix, Tensor Value)>> groups) =>
        groups.Count == 0
            ? []
            : groups[0].Select((part, index) => (name + part.Suffix, (IReadOnlyList<Tensor>)[.. groups.Select(group => group[index].Value)]));

    private void Step(Tensor weights, Tensor gradients, (Moment First, Moment Second) kept, long first, double learningRate, Generator? random)
    {
        var (beta1, beta2, epsilon, weightDecay) = _settings;
        if (weightDecay > 0)
        {
            weights.mul_(1 - learningRate * weightDecay);
        }

        var mean = kept.First.Load(first, weights.size(0)).lerp_(gradients, 1 - beta1);
        var square = kept.Second.Load(first, weights.size(0)).mul_(beta2).addcmul_(gradients, gradients, 1 - beta2);
        var correction1 = 1 - Math.Pow(beta1, Updates);
        var correction2 = 1 - Math.Pow(beta2, Updates);
        var denominator = square.sqrt().div_(Math.Sqrt(correction2)).add_(epsilon);
        weights.addcdiv_(mean, denominator, -learningRate / correction1);
        kept.First.Store(first, mean, random);
        kept.Second.Store(first, square, random);
    }
}
