using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Randomness;
using static TorchSharp.torch;

namespace DisBack.Distillation.Evaluations;

/// <summary>
/// What numbered samples are made from. Each has a random stream of its own, and the conditions take turns with the number: a sample is the same in whatever
/// batch it is made, and every class is shown equally often.
/// </summary>
/// <param name="latentShape">The shape of the latents of one sample.</param>
/// <param name="conditions">Where the conditions come from.</param>
/// <param name="streams">The seed of the latents.</param>
/// <param name="purpose">What the samples are for; two purposes never share latents.</param>
/// <param name="device">Where they are needed.</param>
public sealed class SampleInputs(IReadOnlyList<long> latentShape, IConditionSource conditions, RandomStreams streams, string purpose, Device device)
{
    /// <summary>Latents and conditions of the samples numbered first to first + count - 1.</summary>
    /// <returns>Latents z ~ N(0, I), [count,...], each a pure function of (seed, purpose, number), and the conditions, null where there are none.</returns>
    public (Tensor Latents, Condition? Condition) Take(long first, long count) => (Latents(first, count), Shown(first, count)?.SentTo(device));

    /// <summary>What the same samples are to show, on the CPU; null where that is nothing.</summary>
    public Condition? Shown(long first, long count) => conditions.InTurn(first, count);

    private Tensor Latents(long first, long count)
    {
        using var scope = NewDisposeScope();
        long[] shape = [.. latentShape];
        var latents = empty([count, .. shape], float32);
        for (var i = 0L; i < count; i++)
        {
            using var perSample = NewDisposeScope();
            using var generator = streams.For(purpose, first + i);
            latents[i].copy_(randn(shape, float32, generator: generator));
        }
        return latents.SentTo(device).MoveToOuterDisposeScope();
    }
}
