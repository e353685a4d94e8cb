using System.Buffers.Binary;
using System.Text;

namespace DisBack.Cli.Tests.Scalars;

/// <summary>One scalar of an event file.</summary>
internal sealed record EventScalar(double Time, long Step, string Tag, float Value);

/// <summary>Reads event files by the descriptions of TFRecord and of the wire format, with nothing of what writes them.</summary>
internal static class EventReader
{
    /// <summary>The scalars of a file, all of whose records must be sound.</summary>
    public static IEnumerable<EventScalar> Scalars(string path)
    {
        var file = File.ReadAllBytes(path);
        var offset = 0;
        while (offset < file.Length)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(offset, 8));
            var data = file.AsSpan(offset + 12, length).ToArray();
            Assert.Equal(Masked(file.AsSpan(offset, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset + 8)));
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset + 12 + length)));
            offset += length + 16;
            var record = Fields(data);
            var time = BitConverter.ToDouble(record.Single(field => field.Number == 1).Bytes);
            var step = record.Where(field => field.Number == 2).Select(field => field.Whole).SingleOrDefault();
            foreach (var value in record.Where(field => field.Number == 5).SelectMany(summary => Fields(summary.Bytes)).Select(value => Fields(value.Bytes)))
            {
                if (value.SingleOrDefault(field => field.Number == 2).Bytes is { } number)
                {
                    yield return new EventScalar(time, step, Encoding.UTF8.GetString(value[0].Bytes), BitConverter.ToSingle(number));
                }
            }
        }
    }

    private static List<(int Number, long Whole, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, long, byte[])>();
        var offset = 0;
        while (offset < message.Length)
        {
            var key = Whole();
            var whole = (key & 7) is 0 or 2 ? Whole() : 0;
            var length = (key & 7) switch { 0 => 0, 1 => 8, 2 => (int)whole, 5 => 4, var form => throw new InvalidDataException($"{form}") };
            fields.Add(((int)(key >> 3), whole, message[offset..(offset + length)]));
            offset += length;
        }
        return fields;

        long Whole()
        {
            var (value, shift) = (0L, 0);
            while (true)
            {
                var next = message[offset++];
                value |= (long)(next & 127) << shift;
                if (next < 128)
                {
                    return value;
                }
                shift += 7;
            }
        }
    }

    /// <summary>CRC-32C bit by bit.</summary>
    private static uint Masked(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82f63b78);
            }
        }
        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }
}
