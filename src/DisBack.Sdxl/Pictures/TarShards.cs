using System.Formats.Tar;
using DisBack.Diffusion.Pictures;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Pictures;

/// <summary>
/// Tar files as webdataset keeps data sets: <c>KEY.jpg</c> is followed by <c>KEY.txt</c> with its caption, or by <c>KEY.json</c> that has it under
/// <c>caption</c> or <c>text</c>, in any order. A key ends at the first full stop of a name.
/// </summary>
/// <param name="paths">The files, in their order.</param>
internal sealed class TarShards(IReadOnlyList<string> paths) : ICaptionedPictures
{
    private int _withoutPicture;

    /// <inheritdoc/>
    /// <remarks>In bytes.</remarks>
    public long Length { get; } = paths.Sum(path => new FileInfo(path).Length);

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes =>
        _withoutPicture > 0 ? [$"{_withoutPicture:N0} keys have no picture ({PictureReader.Extensions}) and are passed over."] : [];

    /// <inheritdoc/>
    public IEnumerable<CaptionedPicture> Read()
    {
        (_withoutPicture, var before) = (0, 0L);
        foreach (var path in paths)
        {
            using var file = RegularFile.Open(path, options: FileOptions.SequentialScan);
            Try(path, () =>
            {
                TarHeads.Check(file);
                return true;
            });
            using var reader = new TarReader(file, leaveOpen: true);
            var sample = new Sample(path, "");
            while (Next(reader, path) is { } entry)
            {
                if (KeyOf(entry.Name) is not ({ } key, var extension))
                {
                    continue;
                }
                if (key != sample.Key)
                {
                    if (Finished(sample, before + file.Position) is { } picture)
                    {
                        yield return picture;
                    }
                    sample = new Sample(path, key);
                }
                sample.Add(extension, entry.Name, most => Bytes(entry, most, file, path));
            }
            if (Finished(sample, before + file.Length) is { } last)
            {
                yield return last;
            }
            before += file.Length;
        }
    }

    private CaptionedPicture? Finished(Sample sample, long position)
    {
        if (sample.Picture is not var (name, bytes))
        {
            _withoutPicture += sample.Key.Length > 0 ? 1 : 0;
            return null;
        }
        return new(name, bytes, sample.Text ?? sample.Json ?? throw new DisBackException(
            $"'{name}' has no caption: put a file '{sample.Key}.txt' next to it into the archive."), position);
    }

    /// <summary>The next file; what is none, such as a folder, is passed over.</summary>
    private static TarEntry? Next(TarReader reader, string path) => Try(path, () =>
    {
        while (true)
        {
            var entry = reader.GetNextEntry();
            if (entry is null or { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile, DataStream: not null })
            {
                return entry;
            }
        }
    });

    private static byte[] Bytes(TarEntry entry, long most, FileStream file, string path) => Try(path, () =>
    {
        // The head of an entry is believed before a byte is read and may claim anything.
        if (entry.Length > Math.Min(most, file.Length))
        {
            throw new InvalidDataException($"'{entry.Name}' claims {entry.Length:N0} bytes, more than is read");
        }
        var bytes = new byte[entry.Length];
        entry.DataStream!.ReadExactly(bytes);
        return bytes;
    });

    /// <summary>Folder and name up to the first full stop of the name, and what follows it; null for files that webdataset passes over, too.</summary>
    private static (string Key, string Extension)? KeyOf(string name)
    {
        var start = name.LastIndexOf('/') + 1;
        var stop = name.IndexOf('.', start);
        return stop > start ? (name[..stop], name[stop..].ToLowerInvariant()) : null;
    }

    /// <summary>The library has many exceptions for a file that is none.</summary>
    private static T Try<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception cause) when (cause is IOException or InvalidDataException or FormatException or ArgumentException or NotSupportedException
            or OverflowException or InvalidOperationException)
        {
            throw new DisBackException($"'{path}' is no readable tar file ({cause.Message.TrimEnd('.')}): make it again.", cause);
        }
    }

    /// <summary>What belongs to one key.</summary>
    private sealed class Sample(string path, string key)
    {
        public string Key => key;

        public (string Name, byte[] Bytes)? Picture { get; private set; }

        public string? Text { get; private set; }

        public string? Json { get; private set; }

        public void Add(string extension, string name, Func<long, byte[]> bytes)
        {
            var full = $"{path}/{name}";
            // Not 'KEY.mask.png', which is something else of that key.
            if (extension.LastIndexOf('.') == 0 && PictureReader.Reads(extension))
            {
                Picture = Picture is null
                    ? (full, bytes(PictureReader.MostFileBytes))
                    : throw new DisBackException($"'{full}' is a second picture of '{key}': give each a key of its own.");
            }
            else if (extension == ".txt")
            {
                Text = Caption.InText(bytes(Caption.MostBytes), full);
            }
            else if (extension == ".json")
            {
                Json = Caption.InJson(bytes(Caption.MostBytes), full);
            }
        }
    }
}
