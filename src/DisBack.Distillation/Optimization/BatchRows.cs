using DisBack.Diffusion.Conditions;
using static TorchSharp.torch;

namespace DisBack.Distillation.Optimization;

/// <summary>
/// Some rows of a batch that is computed in parts of equal size, by one worker one after the other, by several workers beside one another. The gradients of all
/// parts add up to those of the whole.
/// </summary>
/// <param name="First">The first row.</param>
/// <param name="Count">Rows.</param>
/// <param name="Share">The part of the batch that it is: what the mean of its rows counts in that of all.</param>
internal readonly record struct BatchRows(long First, long Count, double Share)
{
    /// <summary>The parts of a batch that a worker computes.</summary>
    /// <param name="batch">Rows of the batch.</param>
    /// <param name="part">Rows of a part, were there no other worker; each of several computes as many parts, which are as much smaller.</param>
    /// <param name="workers">Who computes the batch.</param>
    public static IEnumerable<BatchRows> Of(long batch, long part, IWorkerGroup workers)
    {
        var (own, count) = (batch / workers.Count, part / workers.Count);
        for (var first = own * workers.Rank; first < own * (workers.Rank + 1); first += count)
        {
            yield return new(first, count, count / (double)batch);
        }
    }

    /// <summary>The mean of one scalar of each part.</summary>
    public static Tensor Mean(IReadOnlyList<Tensor> ofParts) => ofParts.Count == 1 ? ofParts[0] : stack(ofParts).mean();

    /// <summary>What the parts of all workers gave.</summary>
    /// <param name="own">One list for each result, with a tensor of float32 for each of this worker's parts; those of a list have the same shape.</param>
    /// <param name="workers">Who computes the batch.</param>
    /// <returns>The same lists, in the order of the batch's rows.</returns>
    public static IReadOnlyList<IReadOnlyList<Tensor>> OfAll(IReadOnlyList<IReadOnlyList<Tensor>> own, IWorkerGroup workers)
    {
        if (workers.Count == 1)
        {
            return own;
        }
        using var untracked = no_grad();
        var all = own.Select(Padded).ToList();
        workers.Sum(all);
        return [.. all.Select(parts => parts.flatten(0, 1).unbind(0))];

        // With zeros where the others have theirs: the sum is what each of them has.
        Tensor Padded(IReadOnlyList<Tensor> ofParts)
        {
            var parts = stack(ofParts);
            var padded = zeros([workers.Count, .. parts.shape], parts.dtype, parts.device);
            padded.select(0, workers.Rank).copy_(parts);
            return padded;
        }
    }

    /// <summary>Its rows of a tensor of the whole batch.</summary>
    public Tensor Of(Tensor whole) => whole.narrow(0, First, Count);

    /// <summary>Its rows of a condition of the whole batch.</summary>
    public Condition? Of(Condition? whole) => whole?.Rows(First, Count);
}
