namespace DisBack.Specs.Files;

/// <summary>Opens files that others have made. A pipe, a socket or a device where a file belongs is refused: to open one can block for ever.</summary>
public static class RegularFile
{
    /// <summary>Opens a file for reading from its first byte.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DisBackException">It does not exist, is empty or no regular file, or cannot be read.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new DisBackException(Directory.Exists(path)
                    ? $"'{path}' is a folder where a file is needed: name a file."
                    : $"There is no file '{path}': check the path.");
            }
            // Whatever is no regular file has no length either, and nothing that is read here may be empty.
            return (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file) is { Exists: false } or { Length: 0 }
                ? throw new DisBackException($"'{path}' is empty or no regular file (a pipe, a socket, a device): name a file with data in it.")
                : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"Cannot read '{path}': {cause.Message}", cause);
        }
    }

    /// <summary>All bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <exception cref="DisBackException">As for <see cref="Open"/>, or it is larger.</exception>
    public static byte[] ReadAllBytes(string path, long most)
    {
        using var file = Open(path);
        if (file.Length > most)
        {
            throw new DisBackException($"'{path}' has {file.Length:N0} bytes where at most {most:N0} are read: name another file.");
        }
        try
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (IOException cause)
        {
            throw new DisBackException($"Cannot read '{path}': {cause.Message}", cause);
        }
    }
}
