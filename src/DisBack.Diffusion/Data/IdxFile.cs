using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using DisBack.Specs.Files;

namespace DisBack.Diffusion.Data;

/// <summary>Reads IDX files of bytes, plain or gzipped: a big-endian magic number (type and rank), the sizes, the bytes.</summary>
internal static class IdxFile
{
    private const byte UnsignedByte = 0x08;

    /// <summary>How much a gzip file may become, for each byte and beside: MNIST becomes 4.7 times as large, a file of zeros a thousand times.</summary>
    private const long MostGrowth = 4, MostBeside = 32 << 20;

    /// <summary>Bytes of a gzip file's end: a checksum and the length, of what was compressed.</summary>
    private const int GzipEnd = 8;

    /// <summary>Sizes and bytes of the file at <paramref name="path"/>, which must hold unsigned bytes of the given rank.</summary>
    /// <exception cref="DisBackException">The file is missing, is no such IDX file, or is shorter or longer than its header says.</exception>
    public static (int[] Sizes, byte[] Bytes) Read(string path, int rank)
    {
        using var file = RegularFile.Open(path);
        return Read(file, path, rank);
    }

    /// <summary>As <see cref="Read(string, int)"/>, from a seekable stream that errors call <paramref name="name"/>.</summary>
    public static (int[] Sizes, byte[] Bytes) Read(Stream file, string name, int rank)
    {
        var zipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        using var stream = zipped ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : file;
        try
        {
            var header = new byte[4 + 4 * rank];
            stream.ReadExactly(header, 0, 4);
            RequireMagic(header, name, rank);
            stream.ReadExactly(header, 4, 4 * rank);
            var (sizes, length) = SizesIn(header, name, rank);
            // A plain file that is too short is refused before its announced size is allocated.
            if (!zipped && file.Length < header.Length + length)
            {
                throw new EndOfStreamException();
            }
            if (zipped && length > MostGrowth * file.Length + MostBeside)
            {
                throw new DisBackException($"{name} announces {length:N0} bytes in a gzip file of {file.Length:N0}, more than images are compressed to: "
                    + "fetch it again, or unpack it if its images are that simple.");
            }
            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            if (stream.ReadByte() >= 0)
            {
                throw new DisBackException($"{name} goes on after the {length} bytes its header announces: the file is damaged, fetch it again.");
            }
            if (zipped)
            {
                RequireGzipEnd(file, header, bytes);
            }
            return (sizes, bytes);
        }
        catch (EndOfStreamException e)
        {
            throw new DisBackException($"{name} ends before the bytes its header announces: the file is truncated, fetch it again.", e);
        }
        catch (InvalidDataException e)
        {
            throw new DisBackException($"{name} is a damaged gzip file: fetch it again.", e);
        }
        catch (IOException e)
        {
            throw new DisBackException($"Cannot read {name}: {e.Message}", e);
        }
    }

    private static void RequireMagic(ReadOnlySpan<byte> header, string name, int rank)
    {
        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        var expected = (uint)(UnsignedByte << 8 | rank);
        if (magic != expected)
        {
            var (dimensions, key, files) = rank == 1 ? ("1 dimension", "labels_path", "labels") : ($"{rank} dimensions", "path", "images");
            throw new DisBackException($"{name} begins with 0x{magic:x8} where an IDX file of unsigned bytes with {dimensions} begins with 0x{expected:x8}: "
                + $"{key} must name the file of {files}.");
        }
    }

    private static (int[] Sizes, int Length) SizesIn(ReadOnlySpan<byte> header, string name, int rank)
    {
        var sizes = new int[rank];
        long length = 1;
        for (var i = 0; i < rank; i++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * i)..]);
            if (size is 0)
            {
                throw new DisBackException($"{name} announces an empty dimension {i}: the file is damaged, fetch it again.");
            }
            if (size > Array.MaxLength || (length *= size) > Array.MaxLength)
            {
                throw new DisBackException($"{name} announces more than the {Array.MaxLength:N0} bytes that are read of an IDX file: split it, or fetch it "
                    + "again if it should be smaller.");
            }
            sizes[i] = (int)size;
        }
        return (sizes, (int)length);
    }

    /// <summary>Compares the end of a gzip file with what it expanded to: a torn end is not missed by whoever has all the bytes already.</summary>
    private static void RequireGzipEnd(Stream file, byte[] header, byte[] bytes)
    {
        var crc = new Crc32();
        crc.Append(header);
        crc.Append(bytes);
        Span<byte> expected = stackalloc byte[GzipEnd], found = stackalloc byte[GzipEnd];
        BinaryPrimitives.WriteUInt32LittleEndian(expected, crc.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt32LittleEndian(expected[4..], (uint)(header.Length + bytes.Length));
        file.Seek(-GzipEnd, SeekOrigin.End);
        file.ReadExactly(found);
        if (!found.SequenceEqual(expected))
        {
            throw new InvalidDataException("Its end does not match its content.");
        }
    }
}
