using System.Buffers.Binary;
using System.IO.Hashing;

namespace DisBack.Diffusion.Pictures;

/// <summary>One chunk of a PNG (ISO/IEC 15948): the length of the body, a type of four letters, the body, and a checksum of type and body.</summary>
internal readonly ref struct PngChunk
{
    private const int Frame = 12, TypeAt = 4, BodyAt = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private PngChunk(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>What every PNG begins with, before its first chunk.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n'];

    /// <summary>How many bytes it takes, body and all.</summary>
    public int Length => _bytes.Length;

    /// <summary>The four letters.</summary>
    public ReadOnlySpan<byte> Type => _bytes[TypeAt..BodyAt];

    /// <summary>What it has to say.</summary>
    public ReadOnlySpan<byte> Body => _bytes[BodyAt..^4];

    /// <summary>Whether the checksum is that of type and body.</summary>
    public bool IsSound => Crc32.HashToUInt32(_bytes[TypeAt..^4]) == BinaryPrimitives.ReadUInt32BigEndian(_bytes[^4..]);

    /// <summary>The chunk that begins at a place; false where there is no whole one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> png, int at, out PngChunk chunk)
    {
        chunk = default;
        var rest = png.Length - at;
        if (rest < Frame)
        {
            return false;
        }
        var length = BinaryPrimitives.ReadUInt32BigEndian(png[at..]);
        if (length > rest - Frame)
        {
            return false;
        }
        chunk = new(png.Slice(at, (int)length + Frame));
        return true;
    }

    /// <summary>The first chunk of a type before those of pixels, and where it begins; false where there is none.</summary>
    public static bool TryFind(ReadOnlySpan<byte> png, ReadOnlySpan<byte> type, out PngChunk chunk, out int at)
    {
        for (at = Signature.Length; TryRead(png, at, out chunk) && !chunk.Type.SequenceEqual("IDAT"u8); at += chunk.Length)
        {
            if (chunk.Type.SequenceEqual(type))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The bytes of a new chunk.</summary>
    public static byte[] Make(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        var bytes = new byte[Frame + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, body.Length);
        type.CopyTo(bytes.AsSpan(TypeAt));
        body.CopyTo(bytes.AsSpan(BodyAt));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(^4..), Crc32.HashToUInt32(bytes.AsSpan(TypeAt..^4)));
        return bytes;
    }
}
