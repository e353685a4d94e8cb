using System.Buffers.Binary;

namespace DisBack.Fuzz.Inputs;

/// <summary>Changes bytes that have no structure as far as it knows.</summary>
internal static class ByteMutation
{
    private const int LongestRepeat = 4096;

    /// <summary>A seed with one to four changes.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> seeds)
    {
        var bytes = seeds[random.Next(seeds.Count)];
        for (var changes = 1 + random.Next(1 << random.Next(3)); changes > 0; changes--)
        {
            bytes = Changed(random, bytes, seeds);
        }
        return bytes;
    }

    /// <summary>One change.</summary>
    public static byte[] Changed(Random random, byte[] bytes, IReadOnlyList<byte[]> seeds)
    {
        if (bytes.Length == 0)
        {
            return [(byte)random.Next(256)];
        }
        var at = random.Next(bytes.Length);
        var length = Math.Min(1 + random.Next(1 << random.Next(1, 8)), bytes.Length - at);
        switch (random.Next(10))
        {
            case 0:
                return With(bytes, copy => copy[at] ^= (byte)(1 << random.Next(8)));
            case 1:
                return With(bytes, copy => copy[at] = (byte)random.Next(256));
            case 2 or 3:
                return With(bytes, copy => PutInteger(random, copy));
            case 4:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 6:
                // The same range again and again: more records, names and layers than anybody writes.
                var times = 1 + random.Next(1 << random.Next(1, 8));
                return [.. bytes[..at], .. Enumerable.Repeat(bytes[at..(at + length)], Math.Min(times, LongestRepeat / length + 1)).SelectMany(part => part),
                    .. bytes[at..]];
            case 7:
                var other = seeds[random.Next(seeds.Count)];
                return [.. bytes[..at], .. other[random.Next(other.Length + 1)..]];
            case 8:
                return With(bytes, copy => copy.AsSpan(at, length).Fill((byte)(random.Next(3) * 127.5)));
            default:
                return With(bytes, copy => random.NextBytes(copy.AsSpan(at, length)));
        }
    }

    /// <summary>Writes an interesting integer of 1, 2, 4 or 8 bytes, in either byte order, at a multiple of its size.</summary>
    private static void PutInteger(Random random, Span<byte> bytes)
    {
        var number = Interesting.Integers[random.Next(Interesting.Integers.Length)];
        var size = 1 << random.Next(4);
        if (bytes.Length < size)
        {
            return;
        }
        var place = bytes.Slice(random.Next(bytes.Length / size) * size, size);
        Span<byte> whole = stackalloc byte[sizeof(long)];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(whole, number);
            whole[..size].CopyTo(place);
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(whole, number);
            whole[^size..].CopyTo(place);
        }
    }

    private static byte[] With(byte[] bytes, Action<byte[]> change)
    {
        var copy = bytes.ToArray();
        change(copy);
        return copy;
    }
}
