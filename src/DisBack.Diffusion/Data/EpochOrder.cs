using DisBack.Diffusion.Randomness;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>
/// The order in which a run sees the samples of a data set: epochs are shuffles without replacement, and a batch may end one epoch and begin the next. It is a
/// pure function of (seed, step), so that a resumed run draws the batch that an uninterrupted one would have drawn.
/// </summary>
/// <remarks>Batches may be drawn by several threads at once.</remarks>
/// <param name="count">Number of samples.</param>
internal sealed class EpochOrder(long count)
{
    private Epoch? _latest;

    /// <summary>The samples of the batch of one step.</summary>
    /// <param name="streams">The randomness of the run; two runs of one seed see the same order.</param>
    /// <param name="step">The step, from 0.</param>
    /// <param name="size">Samples per batch, the same for every step of a run.</param>
    public long[] Batch(RandomStreams streams, long step, long size)
    {
        var samples = new long[size];
        for (long i = 0, position = step * size; i < size; i++, position++)
        {
            samples[i] = Of(streams, position / count).Permutation[position % count];
        }
        return samples;
    }

    /// <summary>One epoch. The latest one is kept: a run asks for the same epoch thousands of times.</summary>
    private Epoch Of(RandomStreams streams, long number)
    {
        var latest = _latest;
        if (latest is not null && latest.Seed == streams.Seed && latest.Number == number)
        {
            return latest;
        }
        using var generator = streams.For("data/order", number);
        using var permutation = randperm(count, generator: generator);
        return _latest = new Epoch(streams.Seed, number, permutation.data<long>().ToArray());
    }

    private sealed record Epoch(long Seed, long Number, long[] Permutation);
}
