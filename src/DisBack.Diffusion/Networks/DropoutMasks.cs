using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>The source of every random mask of one network, shared by all its blocks, so that nothing draws from the global generator.</summary>
internal sealed class DropoutMasks
{
    // Of all networks: a thread computes a part of one network at a time.
    [ThreadStatic]
    private static Generator? s_part;

    /// <summary>Set by the training loop for each step.</summary>
    public Generator? Generator { get; set; }

    /// <summary>Where the masks of the part of a batch that this thread computes come from; null is <see cref="Generator"/>.</summary>
    public static Generator? OfPart
    {
        set => s_part = value;
    }

    /// <summary>A tensor of ones and zeros, zero with the given probability, on the device of <paramref name="like"/>.</summary>
    public Tensor Draw(double dropProbability, Tensor like, params long[] shape) =>
        empty(shape, ScalarType.Float32, CPU).bernoulli_(1 - dropProbability, s_part ?? Generator
            ?? throw new InvalidOperationException("A network with dropout is in training mode without a DropoutGenerator: set one for each step, "
                + "or call eval().")).SentTo(like.device).RoundedTo(like.dtype);

    /// <summary>What a layer drops now: by the <see cref="SeededDropout"/> of the thread where there is one, otherwise in training.</summary>
    /// <param name="dropProbability">The layer's.</param>
    /// <param name="activations">[B,...].</param>
    /// <param name="training">The layer's mode.</param>
    /// <returns>A mask of their shape, or null if nothing is.</returns>
    public Tensor? Of(double dropProbability, Tensor activations, bool training)
    {
        if (dropProbability == 0)
        {
            return null;
        }
        if (SeededDropout.Current is { } seeded)
        {
            return seeded.NextMask(dropProbability, activations.shape).RoundedTo(activations.dtype);
        }
        return training ? Draw(dropProbability, activations, activations.shape) : null;
    }
}
