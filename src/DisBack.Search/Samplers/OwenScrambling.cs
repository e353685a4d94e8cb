namespace DisBack.Search.Samplers;

/// <summary>
/// Owen's nested uniform scrambling in base 2 (Owen 1995): each bit is flipped or not by a random bit that belongs to the bits above it. So halves of the unit
/// interval are swapped, then halves of the halves, and so on: every point becomes uniform, and as many points as before lie in each elementary interval.
/// </summary>
internal static class OwenScrambling
{
    private const int Depth = 32;

    // The bits of a double below those of the sequence are random too; all 52 are one number below 1.
    private const int FurtherBits = 20;

    /// <summary>A uniform number of [0, 1).</summary>
    /// <param name="bits">One coordinate of the point to be scrambled, times 2^32.</param>
    /// <param name="seed">Which scrambling.</param>
    /// <param name="dimension">Which coordinate; each is scrambled by itself.</param>
    public static double Uniform(uint bits, long seed, int dimension)
    {
        ulong scrambled = bits;
        for (var depth = 0; depth < Depth; depth++)
        {
            // The bits above as a number of its own at each depth.
            var above = (ulong)bits >> (Depth - depth);
            scrambled ^= (Draw.Bits(seed, dimension, depth, (long)above) & 1) << (Depth - 1 - depth);
        }
        var further = Draw.Bits(seed, dimension, Depth, bits) >> (64 - FurtherBits);
        return ((scrambled << FurtherBits) | further) / (double)(1L << (Depth + FurtherBits));
    }
}
