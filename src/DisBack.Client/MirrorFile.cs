using DisBack.Storage;

namespace DisBack.Client;

/// <summary>What the last process knew of documents, so that the next one reads only those that have changed since. Losing it loses nothing.</summary>
/// <remarks>
/// Plain fields one after the other, in the order of lists: a short command would spend longer on the parts of a JSON reader than on the file, and one that
/// shows a page of a hundred thousand runs reads no more than that page.
/// </remarks>
/// <param name="path">The file.</param>
/// <param name="read">Reads an item.</param>
/// <param name="write">Writes what <paramref name="read"/> reads.</param>
internal sealed class MirrorFile<TItem>(string path, Func<BinaryReader, TItem> read, Action<BinaryWriter, TItem> write)
{
    /// <summary>One document in so many is read anew faster than all are written.</summary>
    private const int WorthWriting = 256;

    /// <summary>Another build may keep something else of a document.</summary>
    private static readonly byte[] s_build = typeof(TItem).Module.ModuleVersionId.ToByteArray();

    private static readonly int s_headLength = s_build.Length + sizeof(long);

    /// <summary>What is known; null if there is no such file, or not of this build, or not whole.</summary>
    public MirrorCopy<TItem>? Read()
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length < s_headLength || !bytes.AsSpan().StartsWith(s_build)
                || BitConverter.ToInt64(bytes, s_build.Length) != bytes.Length)
            {
                return null;
            }
            using var from = new BinaryReader(new MemoryStream(bytes, s_headLength, bytes.Length - s_headLength));
            var position = from.ReadString();
            var damaged = Enumerable.Range(0, from.ReadInt32()).Select(_ => from.ReadString()).ToList();
            var count = from.ReadInt32();
            var start = s_headLength + (int)from.BaseStream.Position;
            return new(position.Length > 0 ? position : null, count, Entries(bytes, start, count), damaged);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            // Everything is read anew.
            return null;
        }
    }

    /// <summary>Whether to write the file.</summary>
    /// <param name="changed">How many documents the file does not know as they are.</param>
    /// <param name="all">How many there are.</param>
    public static bool IsWorthWriting(int changed, int all) => changed > 0 && changed >= all / WorthWriting;

    /// <summary>Keeps what is known, if the folder can be written.</summary>
    public void Write(MirrorCopy<TItem> copy)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = $"{path}.{Environment.ProcessId}";
            using (var file = File.Create(temporary, 1 << 16))
            {
                using var to = new BinaryWriter(file);
                to.Write(s_build);
                to.Write(0L);
                to.Write(copy.Position ?? "");
                to.Write(copy.Damaged.Count);
                foreach (var key in copy.Damaged)
                {
                    to.Write(key);
                }
                to.Write(copy.Count);
                foreach (var entry in copy.Entries)
                {
                    to.Write(entry.Key);
                    to.Write(entry.ETag);
                    write(to, entry.Item);
                }
                to.Flush();
                var length = file.Length;
                file.Position = s_build.Length;
                to.Write(length);
                to.Flush();
                // Nothing in the file shows that a part of it was lost with the power, so it gets its name when it is whole.
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that may only be read, or a full disk: the next process reads the documents, too.
        }
    }

    private IEnumerable<MirrorEntry<TItem>> Entries(byte[] bytes, int start, int count)
    {
        using var from = new BinaryReader(new MemoryStream(bytes, start, bytes.Length - start));
        for (var left = count; left > 0; left--)
        {
            MirrorEntry<TItem> entry;
            try
            {
                entry = new(from.ReadString(), from.ReadString(), read(from));
            }
            catch (Exception e) when (e is IOException or FormatException or ArgumentException)
            {
                File.Delete(path);
                throw new StorageException($"'{path}', a copy of what lists show, was damaged and is deleted; repeat the command, which makes it again.", e);
            }
            yield return entry;
        }
    }
}

/// <summary>What is known of documents.</summary>
/// <param name="Position">Where the next look at the store goes on; null looks at everything.</param>
/// <param name="Count">How many entries there are.</param>
/// <param name="Entries">Those that can be read, in the order of lists.</param>
/// <param name="Damaged">The keys of those that cannot.</param>
internal sealed record MirrorCopy<TItem>(string? Position, int Count, IEnumerable<MirrorEntry<TItem>> Entries, IReadOnlyCollection<string> Damaged);

/// <summary>What is kept of one document.</summary>
/// <param name="Key">Its grain's key.</param>
/// <param name="ETag">The document's version.</param>
/// <param name="Item">What lists show of it.</param>
internal sealed record MirrorEntry<TItem>(string Key, string ETag, TItem Item);
