using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// Until it is disposed, every network that this thread asks drops activations as in training, whatever its mode, with masks that are a pure function of a
/// seed for each sample, of the layer and of the place in it.
/// </summary>
/// <remarks>
/// Networks of one architecture have the same masks, and nothing in a network changes that other threads look at. The masks are computed on the device of the
/// seeds, so that a step recorded by <see cref="CudaGraph"/> has new ones with new seeds. Labels are never dropped by it.
/// </remarks>
public sealed class SeededDropout : IDisposable
{
    // Odd factors of SplitMix64 (Steele et al. 2014).
    private const long First = unchecked((long)0xBF58476D1CE4E5B9);
    private const long Second = unchecked((long)0x94D049BB133111EB);
    private const long Golden = unchecked((long)0x9E3779B97F4A7C15);

    [ThreadStatic]
    private static SeededDropout? s_current;

    private readonly SeededDropout? _outer = s_current;
    private long _layers;

    /// <summary>Begins it.</summary>
    /// <param name="seeds">A seed for each sample of the batches that networks are asked about, int64 [B], on their device; not owned.</param>
    public SeededDropout(Tensor seeds)
    {
        Seeds = seeds;
        s_current = this;
    }

    /// <summary>That of this thread; null where there is none.</summary>
    internal static SeededDropout? Current => s_current;

    /// <summary>The seeds, [B].</summary>
    internal Tensor Seeds { get; }

    /// <inheritdoc/>
    public void Dispose() => s_current = _outer;

    /// <summary>A network is asked anew: the next mask is that of its first layer.</summary>
    internal void Restart() => _layers = 0;

    /// <summary>The mask of the next layer, float32 of ones and zeros, zero with the given probability.</summary>
    /// <param name="dropProbability">From 0 to 1.</param>
    /// <param name="shape">That of the activations, [B,...].</param>
    internal Tensor NextMask(double dropProbability, IReadOnlyList<long> shape)
    {
        using var scope = NewDisposeScope();
        var ofSamples = Mixed(Seeds + ++_layers * Golden).unsqueeze(1);
        var ofPlaces = Mixed(arange(shape.Skip(1).Aggregate(1L, (product, size) => product * size), int64, Seeds.device));
        // Uniform from the least to the largest number.
        var kept = (long)((0.5 - dropProbability) * Math.Pow(2, 64));
        return (Mixed(ofSamples.bitwise_xor(ofPlaces)) < kept).to(float32).view([.. shape]).MoveToOuterDisposeScope();
    }

    /// <summary>Numbers whose high bits depend on all bits of the given ones, in their memory.</summary>
    private static Tensor Mixed(Tensor numbers)
    {
        // The shift is arithmetic, which loses one bit of 64. Its operand is made on the device: a recorded step copies nothing there.
        using var half = full(1, 32, int64, numbers.device);
        numbers.mul_(First);
        using var high = numbers.bitwise_right_shift(half);
        return numbers.bitwise_xor_(high).mul_(Second);
    }
}
