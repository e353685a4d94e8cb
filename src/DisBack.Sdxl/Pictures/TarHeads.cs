using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace DisBack.Sdxl.Pictures;

/// <summary>
/// The heads of a tar file's entries, looked at before the library reads it: an entry that says something of the next one (a long name, attributes) is read
/// whole, whatever size it claims.
/// </summary>
internal static class TarHeads
{
    private const int BlockBytes = 512, SizeAt = 124, SizeLength = 12, TypeAt = 156;

    /// <summary>Long names have hundreds of bytes.</summary>
    private const long MostBytesOfNext = 1 << 20;

    /// <summary>Throws unless all such entries are small.</summary>
    /// <exception cref="InvalidDataException">One is not, or a head is damaged.</exception>
    public static void Check(FileStream file)
    {
        Span<byte> head = stackalloc byte[BlockBytes];
        var length = file.Length;
        for (var at = 0L; at < length;)
        {
            if (RandomAccess.Read(file.SafeFileHandle, head, at) < BlockBytes)
            {
                throw new InvalidDataException("it ends within the head of an entry");
            }
            if (!head.ContainsAnyExcept((byte)0))
            {
                return;
            }
            var (size, type) = (SizeIn(head.Slice(SizeAt, SizeLength)), (char)head[TypeAt]);
            if (size < 0 || size > length - at || (type is 'x' or 'g' or 'L' or 'K' && size > MostBytesOfNext))
            {
                throw new InvalidDataException($"an entry claims {size.ToString("N0", CultureInfo.InvariantCulture)} bytes");
            }
            // Links, devices and folders have no bytes whatever they claim.
            at += BlockBytes + (type is >= '1' and <= '6' ? 0 : (size + BlockBytes - 1) / BlockBytes * BlockBytes);
        }
    }

    /// <summary>Digits of base eight between blanks and zero bytes, or behind a first bit the number itself.</summary>
    private static long SizeIn(ReadOnlySpan<byte> field)
    {
        if (field[0] >= 0x80)
        {
            return BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
        }
        var size = 0L;
        foreach (var digit in Encoding.ASCII.GetString(field).Trim('\0', ' '))
        {
            size = digit is >= '0' and <= '7' ? size * 8 + digit - '0' : throw new InvalidDataException("the size of an entry is no number");
        }
        return size;
    }
}
