using System.IO.Compression;
using System.IO.Hashing;
using DisBack.Specs.Files;

namespace DisBack.Diffusion.Files;

/// <summary>A ZIP file of somebody else, whose entries are read whole and within bounds.</summary>
internal sealed class ArchiveFile : IDisposable
{
    /// <summary>The largest entry that is read.</summary>
    private const long MostBytes = 256 << 20;

    /// <summary>What is in an entry may be so many times as large as its compressed bytes, and so much beside: pictures and numbers hardly compress.</summary>
    private const long MostGrowth = 4, MostBeside = 32 << 20;

    private readonly string _path;
    private readonly string _advice;
    private readonly ZipArchive _archive;

    private ArchiveFile(string path, string advice, ZipArchive archive) => (_path, _advice, _archive) = (path, advice, archive);

    /// <summary>All entries in stored order.</summary>
    public IReadOnlyCollection<ZipArchiveEntry> Entries => _archive.Entries;

    /// <summary>Opens an archive and reads the list of its entries; the caller disposes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="advice">What every error about the file tells people to do.</param>
    /// <exception cref="DisBackException">The file is missing, or no ZIP file.</exception>
    public static ArchiveFile Open(string path, string advice)
    {
        var file = RegularFile.Open(path);
        try
        {
            var archive = new ZipArchive(file, ZipArchiveMode.Read);
            // The list of entries is read now.
            _ = archive.Entries.Count;
            return new ArchiveFile(path, advice, archive);
        }
        catch (Exception cause) when (IsDamage(cause))
        {
            file.Dispose();
            throw Wrong(path, "is no readable ZIP file", advice, cause);
        }
    }

    /// <summary>The content of an entry.</summary>
    /// <exception cref="DisBackException">It is damaged, or claims more than is read.</exception>
    public byte[] Read(ZipArchiveEntry entry)
    {
        // The list is believed before a byte is read and may claim anything.
        if (entry.Length > Math.Min(MostBytes, MostGrowth * entry.CompressedLength + MostBeside))
        {
            throw Wrong($"claims {entry.Length:N0} bytes for '{entry.FullName}' in {entry.CompressedLength:N0}, more than is read");
        }
        try
        {
            var bytes = new byte[entry.Length];
            using var stream = entry.Open();
            stream.ReadExactly(bytes);
            // The library compares neither.
            return stream.ReadByte() < 0 && Crc32.HashToUInt32(bytes) == entry.Crc32
                ? bytes
                : throw new InvalidDataException("It has not the length and the checksum that the list says.");
        }
        catch (Exception cause) when (IsDamage(cause))
        {
            throw Wrong($"is damaged at '{entry.FullName}'", cause);
        }
    }

    /// <summary>The exception that says what is wrong with the file, and what to do.</summary>
    public DisBackException Wrong(string what, Exception? cause = null) => Wrong(_path, what, _advice, cause);

    public void Dispose() => _archive.Dispose();

    private static DisBackException Wrong(string path, string what, string advice, Exception? cause) => new($"{path} {what}: {advice}.", cause);

    private static bool IsDamage(Exception cause) =>
        cause is InvalidDataException or IOException or NotSupportedException or ArgumentException or ObjectDisposedException;
}
