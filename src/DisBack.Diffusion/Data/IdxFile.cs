using System.Buffers.Binary;
using System.IO.Compression;

namespace DisBack.Diffusion.Data;

/// <summary>Reads IDX files of bytes, plain or gzipped: a big-endian magic number (type and rank), the sizes, the bytes.</summary>
internal static class IdxFile
{
    private const byte UnsignedByte = 0x08;

    /// <summary>Sizes and bytes of the file at <paramref name="path"/>, which must hold unsigned bytes of the given rank.</summary>
    /// <exception cref="DisBackException">The file is missing, is no such IDX file, or is shorter or longer than its header says.</exception>
    public static (int[] Sizes, byte[] Bytes) Read(string path, int rank)
    {
        if (!File.Exists(path))
        {
            throw new DisBackException($"There is no IDX file {path}: check path and labels_path of the data set.");
        }
        using var file = File.OpenRead(path);
        return Read(file, path, rank);
    }

    /// <summary>As <see cref="Read(string, int)"/>, from a seekable stream that errors call <paramref name="name"/>.</summary>
    public static (int[] Sizes, byte[] Bytes) Read(Stream file, string name, int rank)
    {
        var zipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        using var stream = zipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        try
        {
            Span<byte> header = stackalloc byte[4 + 4 * rank];
            stream.ReadExactly(header[..4]);
            var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
            var expected = (uint)(UnsignedByte << 8 | rank);
            if (magic != expected)
            {
                throw new DisBackException(
                    $"{name} begins with 0x{magic:x8} where an IDX file of unsigned bytes with {rank} dimension{(rank == 1 ? "" : "s")} begins with "
                        + $"0x{expected:x8}: " +
                    $"{(rank == 1 ? "labels_path" : "path")} must name the file of {(rank == 1 ? "labels" : "images")}.");
            }

            stream.ReadExactly(header[4..]);
            var sizes = new int[rank];
            long length = 1;
            for (var i = 0; i < rank; i++)
            {
                var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * i)..]);
                if (size is 0 || size > Array.MaxLength || (length *= size) > Array.MaxLength)
                {
                    throw new DisBackException($"{name} announces an empty or impossible size ({size} along dimension {i}): the file is damaged, "
                        + "fetch it again.");
                }
                sizes[i] = (int)size;
            }

            // A plain file that is too short is refused before its announced size is allocated.
            if (!zipped && file.Length < header.Length + length)
            {
                throw new EndOfStreamException();
            }
            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            if (stream.ReadByte() >= 0)
            {
                throw new DisBackException($"{name} goes on after the {length} bytes its header announces: the file is damaged, fetch it again.");
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
    }
}
