using DisBack.Diffusion.Conditions;
using static TorchSharp.torch;

namespace DisBack.Distillation.Optimization;

/// <summary>Some rows of a batch that is computed in parts of equal size, one after the other, whose gradients add up to those of the whole.</summary>
/// <param name="First">The first row.</param>
/// <param name="Count">Rows.</param>
/// <param name="Share">The part of the batch that it is: what the mean of its rows counts in that of all.</param>
internal readonly record struct BatchRows(long First, long Count, double Share)
{
    /// <summary>All parts of a batch.</summary>
    /// <param name="batch">Rows of the batch.</param>
    /// <param name="part">Rows of a part.</param>
    public static IEnumerable<BatchRows> Of(long batch, long part)
    {
        for (var first = 0L; first < batch; first += part)
        {
            yield return new(first, part, part / (double)batch);
        }
    }

    /// <summary>The mean of one scalar of each part.</summary>
    public static Tensor Mean(IReadOnlyList<Tensor> ofParts) => ofParts.Count == 1 ? ofParts[0] : stack(ofParts).mean();

    /// <summary>Its rows of a tensor of the whole batch.</summary>
    public Tensor Of(Tensor whole) => whole.narrow(0, First, Count);

    /// <summary>Its rows of a condition of the whole batch.</summary>
    public Condition? Of(Condition? whole) => whole?.Rows(First, Count);
}
