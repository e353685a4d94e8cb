namespace DisBack.Client;

/// <summary>What the last process knew of documents, so that the next one reads only those that have changed since. Losing it loses nothing.</summary>
/// <remarks>Plain fields one after the other: a short command would spend longer on the parts of a JSON reader than on the file.</remarks>
/// <param name="path">The file.</param>
/// <param name="read">Reads an item.</param>
/// <param name="write">Writes what <paramref name="read"/> reads.</param>
internal sealed class MirrorFile<TItem>(string path, Func<BinaryReader, TItem> read, Action<BinaryWriter, TItem> write)
{
    /// <summary>One document in so many is read anew faster than all are written.</summary>
    private const int WorthWriting = 64;

    /// <summary>Another build may keep something else of a document.</summary>
    private static readonly Guid s_build = typeof(TItem).Module.ModuleVersionId;

    /// <summary>What is known, by key; empty if there is no such file, or not of this build, or it cannot be read.</summary>
    public IReadOnlyDictionary<string, MirrorEntry<TItem>> Read()
    {
        var entries = new Dictionary<string, MirrorEntry<TItem>>();
        try
        {
            using var file = new BinaryReader(new MemoryStream(File.ReadAllBytes(path)));
            if (file.ReadBytes(Guid.Empty.ToByteArray().Length) is { Length: > 0 } build && s_build.ToByteArray().AsSpan().SequenceEqual(build))
            {
                for (var left = file.ReadInt32(); left > 0; left--)
                {
                    entries.Add(file.ReadString(), new MirrorEntry<TItem>(file.ReadString(), read(file)));
                }
            }
            return entries;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            // Everything is read anew.
            return new Dictionary<string, MirrorEntry<TItem>>();
        }
    }

    /// <summary>Whether to write the file after a look at all documents.</summary>
    /// <param name="read">How many of them were read because the file did not know them.</param>
    /// <param name="all">How many there are.</param>
    public static bool IsWorthWriting(int read, int all) => read > 0 && read >= all / WorthWriting;

    /// <summary>Keeps what is known, if the folder can be written.</summary>
    /// <param name="entries">By key.</param>
    public void Write(IReadOnlyDictionary<string, MirrorEntry<TItem>> entries)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var temporary = $"{path}.{Environment.ProcessId}";
            using (var file = File.Create(temporary))
            {
                using var writer = new BinaryWriter(file);
                writer.Write(s_build.ToByteArray());
                writer.Write(entries.Count);
                foreach (var (key, entry) in entries)
                {
                    writer.Write(key);
                    writer.Write(entry.ETag);
                    write(writer, entry.Item);
                }
                writer.Flush();
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
}

/// <summary>What is kept of one document.</summary>
/// <param name="ETag">The document's version.</param>
/// <param name="Item">What lists show of it.</param>
internal sealed record MirrorEntry<TItem>(string ETag, TItem Item);
