using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Randomness;

/// <summary>
/// Every random number of a run: an explicit <see cref="Generator"/> that is a pure function of (run seed, purpose, step).
/// </summary>
/// <remarks>
/// libtorch's global generator is shared by all runs of a process and remembers how often it was asked, so a run that drew from it could
/// neither be resumed bit for bit nor run beside another one. A stream has no position to save: step 1,000 after a resume draws exactly
/// what step 1,000 of an uninterrupted run draws. All streams are on the CPU, whatever the device of the run: TorchSharp's generators exist
/// only there, and a seed means the same numbers on every device.
/// </remarks>
/// <param name="seed">The seed of the run.</param>
public sealed class RandomStreams(long seed)
{
    /// <summary>The seed of the run.</summary>
    public long Seed { get; } = seed;

    /// <summary>The generator of one purpose at one step; the caller disposes it.</summary>
    /// <param name="purpose">What is drawn, for example <c>recording/noise</c>. Two purposes never share a stream.</param>
    /// <param name="step">The training step, or 0 for what is drawn once per run.</param>
    public Generator For(string purpose, long step = 0) => new(SeedOf(purpose, step), CPU);

    /// <summary>The 64-bit seed behind <see cref="For"/>: the first eight bytes of SHA-256 over seed, step and purpose.</summary>
    public ulong SeedOf(string purpose, long step = 0)
    {
        Span<byte> input = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(purpose.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(input, Seed);
        BinaryPrimitives.WriteInt64LittleEndian(input[8..], step);
        var length = 16 + Encoding.UTF8.GetBytes(purpose, input[16..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..length], digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }
}
