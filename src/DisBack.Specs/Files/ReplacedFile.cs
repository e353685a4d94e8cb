namespace DisBack.Specs.Files;

/// <summary>
/// Makes or replaces a file so that its name holds either what it held before or all of the new content, whenever the process or the machine stops: a temporary
/// file in the same folder is written, flushed to the disk and renamed. Only a regular file is replaced: a rename would take a pipe, or a device like
/// <c>/dev/full</c>, from everyone who uses it.
/// </summary>
public sealed class ReplacedFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;

    /// <summary>Begins a file.</summary>
    /// <param name="path">The name; its folder must exist. Of a link, what it leads to is replaced.</param>
    /// <param name="bytes">How long it will be where that is known: a disk that is too small is found now and not after hours of work.</param>
    /// <exception cref="IOException">It cannot be written, or something else than a file has the name.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public ReplacedFile(string path, long bytes = 0)
    {
        _path = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        if (File.Exists(_path) && !RegularFile.Is(_path))
        {
            throw new IOException($"'{_path}' is no regular file but a pipe, a socket or a device.");
        }
        _temporary = $"{_path}.{Guid.NewGuid():N}.tmp";
        Stream = new FileStream(_temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 1 << 16,
            PreallocationSize = bytes,
        });
    }

    /// <summary>What is written so far.</summary>
    public FileStream Stream { get; }

    /// <summary>Makes or replaces a file with what is written to a stream.</summary>
    /// <param name="path">The name; its folder must exist.</param>
    /// <param name="write">Writes the content; if it fails, nothing has changed.</param>
    /// <inheritdoc cref="ReplacedFile(string, long)" path="/exception"/>
    public static void Write(string path, Action<Stream> write)
    {
        using var file = new ReplacedFile(path);
        write(file.Stream);
        file.Complete();
    }

    /// <summary>Gives the file its name.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Complete()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <summary>Removes what was written, unless it is complete.</summary>
    public void Dispose()
    {
        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // What was buffered does not fit on a full disk either: its writer knows, or gives the file up.
        }
        // To delete what is not there is no mistake, except in a folder that is not there either.
        if (File.Exists(_temporary))
        {
            File.Delete(_temporary);
        }
    }
}
