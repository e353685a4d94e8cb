using System.Buffers.Binary;
using System.IO.Hashing;

namespace DisBack.Fuzz.Inputs;

/// <summary>Changes pictures. Half of the changed PNGs get the right checksums again, so that a decoder reads on behind what was changed.</summary>
internal static class PictureMutation
{
    private const int Signature = 8, Frame = 12;

    /// <summary>A changed picture.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> seeds)
    {
        var bytes = ByteMutation.Of(random, seeds);
        return bytes is [0x89, ..] && random.Next(2) == 0 ? WithChecksums(bytes) : bytes;
    }

    private static byte[] WithChecksums(byte[] png)
    {
        var right = png.ToArray();
        for (var at = Signature; at + Frame <= right.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(right.AsSpan(at));
            if (length > right.Length - at - Frame)
            {
                break;
            }
            var body = right.AsSpan(at + 4, (int)length + 4);
            BinaryPrimitives.WriteUInt32BigEndian(right.AsSpan(at + 8 + (int)length), Crc32.HashToUInt32(body));
            at += Frame + (int)length;
        }
        return right;
    }
}
