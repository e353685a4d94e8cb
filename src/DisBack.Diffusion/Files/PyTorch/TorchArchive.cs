using System.IO.Compression;
using DisBack.Specs.Files;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>The ZIP archives of torch.save: an index, which is a pickle, and each storage as an entry that is not compressed.</summary>
internal static class TorchArchive
{
    private const string IndexName = "data.pkl", OrderName = "byteorder";

    /// <summary>The largest index, which holds names and no numbers.</summary>
    private const long MostIndexBytes = 64 << 20;

    /// <summary>What the index holds, with the places of its storages.</summary>
    public static object? Read(string path, FileStream stream)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        var index = archive.Entries.Where(entry => entry.Name == IndexName).ToList();
        if (index.Count != 1)
        {
            throw TorchFile.Damaged(path, $"is a ZIP archive with {index.Count} entries {IndexName} where one of torch.save has one");
        }
        var root = index[0].FullName[..^IndexName.Length];
        var entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            if (!entries.TryAdd(entry.FullName, entry))
            {
                throw TorchFile.Damaged(path, $"holds '{entry.FullName}' twice");
            }
        }
        if (entries.TryGetValue(root + OrderName, out var order) && Text(order) is not "little")
        {
            throw new DisBackException($"'{path}' was written on a big-endian machine: write it again on one that is little-endian.");
        }
        if (index[0].Length > MostIndexBytes)
        {
            throw TorchFile.Damaged(path, $"has an index of {index[0].Length:N0} bytes where at most {MostIndexBytes:N0} are read");
        }
        var offset = OffsetOf(index[0]);
        var storages = new Dictionary<string, TorchStorage>(StringComparer.Ordinal);
        var names = new TorchNames(
            (type, key, elements) =>
            {
                if (!storages.TryGetValue(key, out var known))
                {
                    var bytes = elements * type.Bytes();
                    if (!entries.TryGetValue($"{root}data/{key}", out var entry) || entry.Length != bytes)
                    {
                        throw TorchFile.Damaged(path, entry is null
                            ? $"lacks the entry '{root}data/{key}', in which its index has {bytes:N0} bytes of numbers"
                            : $"has {entry.Length:N0} bytes in the entry '{entry.FullName}' where its index has {bytes:N0}");
                    }
                    var (at, place) = (stream.Position, OffsetOf(entry));
                    stream.Position = at;
                    storages.Add(key, known = new TorchStorage(type, elements) { Offset = place });
                }
                return known.Bytes == elements * type.Bytes() ? known with { Type = type, Elements = elements } : null;
            },
            _ => throw TorchFile.Damaged(path, "has a file within its index"));
        stream.Position = offset;
        return new PickleReader(stream, offset + index[0].Length, path, names).Read();

        // A stored entry lies in the file as it is; where, its first byte shows.
        long OffsetOf(ZipArchiveEntry entry)
        {
            using var content = entry.Open();
            return entry.CompressedLength != entry.Length || entry.IsEncrypted || content is DeflateStream
                ? throw TorchFile.Damaged(path, $"has the entry '{entry.FullName}' compressed, which torch.save never does")
                : content.ReadByte() < 0 ? 0 : stream.Position - 1;
        }

        static string Text(ZipArchiveEntry entry)
        {
            using var reader = new StreamReader(entry.Open());
            var text = new char[16];
            return new string(text, 0, reader.ReadBlock(text));
        }
    }
}
