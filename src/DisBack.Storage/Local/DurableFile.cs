using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DisBack.Storage.Local;

/// <summary>What makes a file survive a power failure, and what a full disk looks like.</summary>
internal static partial class DurableFile
{
    private const int ErrorExists = 17;
    private const int ErrorNoSpace = 28;
    private const int ErrorQuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Creates a directory and makes each new entry on the way durable.</summary>
    public static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }
        var parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent))
        {
            CreateDirectory(parent);
        }
        Directory.CreateDirectory(path);
        if (!string.IsNullOrEmpty(parent))
        {
            SyncDirectory(parent);
        }
    }

    /// <summary>Makes renames, creations and deletions in a directory durable; fsync of the files alone does not.</summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        var descriptor = Open(path, 0);
        if (descriptor < 0)
        {
            throw new IOException($"The directory '{path}' cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        // Some network file systems cannot fsync a directory (EINVAL); their renames are as durable as they get.
        _ = Fsync(descriptor);
    }

    /// <summary>
    /// Gives a file a second name that nothing has yet; of any number of processes exactly one succeeds. <see cref="File.Move(string, string)"/>
    /// does not promise that: on Unix it looks first and then renames over whatever has come since.
    /// </summary>
    /// <returns>False if the name is taken.</returns>
    public static bool TryLink(string existing, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(existing, name);
                return true;
            }
            catch (IOException) when (File.Exists(name))
            {
                return false;
            }
        }
        if (Link(existing, name) == 0)
        {
            return true;
        }
        return Marshal.GetLastPInvokeError() == ErrorExists
            ? false
            : throw new IOException($"'{name}' cannot be created: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Opens a file with the lock that its share asks for; null while somebody else holds it.</summary>
    public static FileStream? TryOpen(string path, FileMode mode, FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(path, mode, access, share, bufferSize: 0);
        }
        // EWOULDBLOCK of flock on Linux and on macOS, and the sharing violation of Windows.
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020))
        {
            return null;
        }
    }

    /// <summary>Whether a write failed for want of space.</summary>
    public static bool IsDiskFull(Exception exception) =>
        exception is IOException && exception.HResult is ErrorNoSpace or ErrorQuotaExceeded or WindowsDiskFull;

    /// <summary>The one sentence for a full disk.</summary>
    public static StorageException DiskFull(string path, string what, long bytes, Exception inner)
    {
        string free;
        try
        {
            free = $"{Size(new DriveInfo(Path.GetFullPath(path)).AvailableFreeSpace)} free";
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            free = "free space unknown";
        }
        return new StorageException(
            $"No space left on '{path}' for {what} ({Size(bytes)} needed, {free}); free some space there, or move to a larger disk, and go on: nothing that "
                + "was already durable is lost.",
            inner);
    }

    /// <summary>Bytes for a reader.</summary>
    public static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB"),
        >= 1L << 10 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 10):0.0} KiB"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);
}
