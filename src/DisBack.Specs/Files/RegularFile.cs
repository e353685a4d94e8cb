using System.Runtime.InteropServices;

namespace DisBack.Specs.Files;

/// <summary>Opens files that others have made. A pipe, a socket or a device where a file belongs is refused: to open one can block for ever.</summary>
public static partial class RegularFile
{
    // statx(2) of Linux, whose structure is the same on every machine: flags and offsets.
    private const int CurrentFolder = -100, StatxType = 1, StatxBytes = 256, ModeOffset = 28, TypeMask = 0xf000, Regular = 0x8000;

    /// <summary>Whether a path leads to a regular file, links followed; it is not opened. False for what does not exist.</summary>
    public static bool Is(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        if (!OperatingSystem.IsLinux())
        {
            // Whatever is no regular file has no length either.
            var file = new FileInfo(path);
            return (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file) is { Exists: true, Length: > 0 };
        }
        var found = new byte[StatxBytes];
        return Statx(CurrentFolder, path, 0, StatxType, found) == 0 && (BitConverter.ToUInt16(found, ModeOffset) & TypeMask) == Regular;
    }

    /// <summary>Opens a file for reading from its first byte.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mayBeEmpty">Whether a file without a byte is one, too.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="DisBackException">It does not exist, is empty or no regular file, or cannot be read.</exception>
    public static FileStream Open(string path, bool mayBeEmpty = false, FileOptions options = FileOptions.None)
    {
        try
        {
            if (!File.Exists(path))
            {
                throw new DisBackException(Directory.Exists(path)
                    ? $"'{path}' is a folder where a file is needed: name a file."
                    : $"There is no file '{path}': check the path.");
            }
            FileStream? opened = null;
            if (Is(path))
            {
                opened = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16, options);
                if (mayBeEmpty || opened.Length > 0)
                {
                    return opened;
                }
            }
            opened?.Dispose();
            throw new DisBackException($"'{path}' is empty or no regular file (a pipe, a socket, a device): name a file with data in it.");
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

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, [Out] byte[] found);
}
