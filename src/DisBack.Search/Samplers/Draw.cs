using System.Buffers.Binary;
using System.IO.Hashing;

namespace DisBack.Search.Samplers;

/// <summary>
/// Random numbers by hashing what they are for: XXH3, whose results are fixed for good, of a seed and three counters. There is no generator whose state had to
/// be kept, and no number depends on how many were drawn before.
/// </summary>
internal static class Draw
{
    /// <summary>64 random bits.</summary>
    public static ulong Bits(long seed, long first, long second, long third)
    {
        Span<byte> counters = stackalloc byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(counters, first);
        BinaryPrimitives.WriteInt64LittleEndian(counters[8..], second);
        BinaryPrimitives.WriteInt64LittleEndian(counters[16..], third);
        return XxHash3.HashToUInt64(counters, seed);
    }

    /// <summary>A uniform number of [0, 1), a multiple of 2^-53.</summary>
    /// <param name="seed">The seed of the sampler.</param>
    /// <param name="ordinal">The trial.</param>
    /// <param name="parameter">The parameter, by its position in the space.</param>
    /// <param name="index">Which of the numbers for the parameter.</param>
    public static double Uniform(long seed, long ordinal, int parameter, int index) => (Bits(seed, ordinal, parameter, index) >> 11) / (double)(1L << 53);
}
