using System.Runtime.CompilerServices;
using DisBack.Specs.Files;
using DisBack.Storage.Local;
using Microsoft.Win32.SafeHandles;

namespace DisBack.Storage.Blobs;

/// <summary>Blobs as files in a local folder, one directory per name segment: the embedded size's durable home.</summary>
/// <remarks>
/// A write goes to a temporary file, is fsynced, renamed, and the directory fsynced, so a crash at any instant leaves the old blob or the new one.
/// Temporary files lie in one folder for each first segment of a name: what a crash left is found without a look at every blob, and a first segment
/// that is a link to another disk still renames on one disk. The ETag is the modification time, which every write sets to a later value than the one it
/// replaces, so it never repeats and also notices an edit by hand. Conditions are checked and applied under a lock of this process and under one of the folder,
/// which other processes that share it respect; creation is atomic by itself. The names of documents that change are kept (<see cref="ChangeLog"/>).
/// </remarks>
/// <param name="folder">The root folder; created by the first write or by <see cref="InitializeAsync"/>.</param>
/// <param name="time">The clock of ETags and of <see cref="BlobInfo.LastModified"/>; null is the system's.</param>
public sealed class FolderBlobStore(string folder, TimeProvider? time = null) : IBlobStore
{
    /// <summary>Files that are locked and never hold anything; their names are not those of blobs.</summary>
    private const string LockFolder = ".locks";

    /// <summary>Files that are being written; their names are not those of blobs either.</summary>
    private const string TemporaryFolder = "~";

    // Shared by all stores of the process, so that two of them on one folder still exclude each other.
    private static readonly Lock[] s_locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    private static readonly TimeSpan s_holdPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_holdTimeout = TimeSpan.FromSeconds(10);

    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ChangeLog _changes = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    /// <inheritdoc/>
    public string Location => _root;

    /// <inheritdoc/>
    public Task InitializeAsync(CancellationToken cancellation = default) => OnPool("the folder", _root, 0, () =>
    {
        DurableFile.CreateDirectory(_root);
        var probe = TemporaryPath(_root);
        File.WriteAllBytes(probe, []);
        File.Delete(probe);
        foreach (var folder in Directory.EnumerateDirectories(_root).Append(_root).Select(segment => Path.Combine(segment, TemporaryFolder)))
        {
            foreach (var leftover in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
            {
                DeleteIfAbandoned(leftover);
            }
        }
        return true;
    }, cancellation);

    /// <inheritdoc/>
    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        return OnPool("the blob", name, 0, () => Describe(name, new FileInfo(path)), cancellation);
    }

    /// <inheritdoc/>
    public Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        return OnPool("the blob", name, 0, () =>
        {
            // Content and time come from one handle: a rename in between cannot pair the bytes of one version with the ETag of another.
            using var handle = OpenToRead(path);
            if (handle is null)
            {
                return null;
            }
            var bytes = new byte[RandomAccess.GetLength(handle)];
            for (var read = 0; read < bytes.Length;)
            {
                var count = RandomAccess.Read(handle, bytes.AsSpan(read), read);
                if (count == 0)
                {
                    throw new StorageException(
                        $"The blob '{name}' in '{_root}' became shorter while it was read; something other than DisBack writes to this folder.");
                }
                read += count;
            }
            return new BlobContent(BinaryData.FromBytes(bytes), ETagOf(File.GetLastWriteTimeUtc(handle)));
        }, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        var handle = await OnPool("the blob", name, 0, () => OpenToRead(path), cancellation);
        return handle is null ? null : new FileStream(handle, FileAccess.Read, bufferSize: 0);
    }

    /// <inheritdoc/>
    public async Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation = default)
    {
        await using var source = await OpenReadAsync(name, cancellation);
        if (source is null)
        {
            return false;
        }
        await source.CopyToAsync(destination, 1 << 20, cancellation);
        return true;
    }

    /// <inheritdoc/>
    public Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        return OnPool("the blob", name, content.ToMemory().Length, () => Put(name, path, condition, temporary =>
        {
            var file = CreateTemporary(temporary);
            RandomAccess.Write(file, content.ToMemory().Span, 0);
            return file;
        }), cancellation);
    }

    /// <inheritdoc/>
    public Task<string> UploadAsync(string name, string localFile, BlobCondition condition, bool consume = false, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        if (!RegularFile.Is(localFile))
        {
            throw new StorageException($"The file '{localFile}' does not exist or is no regular file, so it cannot be stored as '{name}'; check the path.");
        }
        return OnPool("the blob", name, new FileInfo(localFile).Length, () => Put(name, path, condition, temporary =>
        {
            if (consume)
            {
                // Moved, not copied: the handle is opened first because an open handle is what marks a temporary file as in use.
                using var original = OpenToSync(localFile);
                File.Move(localFile, temporary);
                return OpenToSync(temporary);
            }
            var copy = CreateTemporary(temporary);
            using var source = File.OpenHandle(localFile, options: FileOptions.SequentialScan);
            Copy(source, copy, cancellation);
            return copy;
        }, consumed: consume ? localFile : null), cancellation);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        return OnPool("the blob", name, 0, () =>
        {
            lock (s_locks[ShardOf(name)])
            {
                using var held = Hold(name, condition);
                var stored = new FileInfo(path);
                Demand(name, condition, stored);
                if (!stored.Exists)
                {
                    return false;
                }
                _changes.Change(name, stored.Delete);
                DurableFile.SyncDirectory(stored.DirectoryName!);
                return true;
            }
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task<bool> RenewAsync(string name, CancellationToken cancellation = default)
    {
        var path = PathOf(name);
        return OnPool("the blob", name, 0, () =>
        {
            lock (s_locks[ShardOf(name)])
            {
                using var held = Hold(name, BlobCondition.None);
                var stored = new FileInfo(path);
                if (!stored.Exists)
                {
                    return false;
                }
                _changes.Change(name, () => stored.LastWriteTimeUtc = TimeAfter(stored));
                return true;
            }
        }, cancellation);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var blob in await OnPool("the list of", prefix, 0, () => List(prefix), cancellation))
        {
            yield return blob;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string folder, string leaf, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var blob in await OnPool("the list of", folder, 0, () => List(folder, leaf), cancellation))
        {
            yield return blob;
        }
    }

    /// <inheritdoc/>
    public Task<BlobChanges> ChangesAsync(string? since, CancellationToken cancellation = default) =>
        OnPool("the changes of", BlobNames.Documents, 0, () => _changes.Read(since), cancellation);

    /// <inheritdoc/>
    public Task ForgetChangesAsync(CancellationToken cancellation = default) => OnPool("the changes of", BlobNames.Documents, 0, () =>
    {
        _changes.Forget();
        return true;
    }, cancellation);

    /// <inheritdoc/>
    public string LocalPathOf(string name) => PathOf(name);

    private List<BlobInfo> List(string prefix)
    {
        // The deepest folder that every match lies in; the rest of the prefix is a filter on names.
        var slash = prefix.LastIndexOf('/');
        var start = new DirectoryInfo(slash <= 0 ? _root : PathOf(prefix[..slash]));
        if (!start.Exists)
        {
            return [];
        }
        var found = new List<BlobInfo>();
        foreach (var file in start.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (file.Name[0] == BlobNames.TemporaryMark)
            {
                continue;
            }
            var name = BlobNames.FromRelativePath(Path.GetRelativePath(_root, file.FullName));
            if (name.StartsWith(prefix, StringComparison.Ordinal) && Describe(name, file) is { } blob)
            {
                found.Add(blob);
            }
        }
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    private List<BlobInfo> List(string folder, string leaf)
    {
        var start = PathOf(folder.TrimEnd('/'));
        if (!Directory.Exists(start))
        {
            return [];
        }
        var file = BlobNames.ToRelativePath(leaf);
        var found = new List<BlobInfo>();
        foreach (var directory in Directory.EnumerateDirectories(start))
        {
            var name = $"{folder}{BlobNames.FromRelativePath(Path.GetFileName(directory))}/{leaf}";
            if (Describe(name, new FileInfo(Path.Join(directory, file))) is { } blob)
            {
                found.Add(blob);
            }
        }
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    /// <summary>
    /// Fills a temporary file, makes it durable, and gives it its name if the condition holds at that moment. Else a consumed file goes back.
    /// </summary>
    private string Put(string name, string path, BlobCondition condition, Func<string, SafeFileHandle> fill, string? consumed = null)
    {
        Demand(name, condition, new FileInfo(path));
        var directory = Path.GetDirectoryName(path)!;
        DurableFile.CreateDirectory(directory);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var temporary = TemporaryPath(slash < 0 ? _root : PathOf(name[..slash]));
        try
        {
            using var file = fill(temporary);
            RandomAccess.FlushToDisk(file);
            lock (s_locks[ShardOf(name)])
            {
                using var held = Hold(name, condition);
                var stored = new FileInfo(path);
                Demand(name, condition, stored);
                File.SetLastWriteTimeUtc(file, TimeAfter(stored));
                _changes.Change(name, () => Rename(name, temporary, path, condition));
                DurableFile.SyncDirectory(directory);
                return ETagOf(File.GetLastWriteTimeUtc(file));
            }
        }
        finally
        {
            if (consumed is not null && File.Exists(temporary))
            {
                File.Move(temporary, consumed);
            }
            File.Delete(temporary);
        }
    }

    /// <summary>The time of a new version: now, but later than that of what is stored.</summary>
    private DateTime TimeAfter(FileInfo stored)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return stored.Exists && stored.LastWriteTimeUtc >= now ? stored.LastWriteTimeUtc.AddTicks(1) : now;
    }

    /// <summary>
    /// The right to replace a blob, among the processes that share the folder. One that is frozen while it has it makes the others wait, and never
    /// overwrites what they wrote. The creation of a blob needs none.
    /// </summary>
    private FileStream? Hold(string name, BlobCondition condition)
    {
        if (condition.MustBeMissing)
        {
            return null;
        }
        var folder = Path.Combine(_root, LockFolder);
        DurableFile.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{BlobNames.TemporaryMark}{ShardOf(name)}");
#pragma warning disable RS0030 // On a pool thread that the file system blocks as well, inside a lock.
        for (var started = _time.GetTimestamp(); _time.GetElapsedTime(started) < s_holdTimeout; Thread.Sleep(s_holdPause))
#pragma warning restore RS0030
        {
            if (DurableFile.TryOpen(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None) is { } held)
            {
                return held;
            }
        }
        throw new StorageException($"The blob '{name}' in '{_root}' could not be replaced within {s_holdTimeout.TotalSeconds:0} s, because another process is "
            + "replacing it; see what else works with this folder.");
    }

    /// <summary>The same in every process, unlike a hash code.</summary>
    private static uint ShardOf(string name) => name.Aggregate(17u, (hash, character) => unchecked(hash * 31 + character)) % (uint)s_locks.Length;

    private static void Rename(string name, string temporary, string path, BlobCondition condition)
    {
        if (!condition.MustBeMissing)
        {
            File.Move(temporary, path, overwrite: true);
        }
        else if (!DurableFile.TryLink(temporary, path))
        {
            throw new BlobConflictException(name, null, ETagOf(File.GetLastWriteTimeUtc(path)));
        }
        else
        {
            File.Delete(temporary);
        }
    }

    private static void Demand(string name, BlobCondition condition, FileInfo stored)
    {
        var etag = stored.Exists ? ETagOf(stored.LastWriteTimeUtc) : null;
        if ((condition.MustBeMissing && etag is not null) || (condition.ETag is not null && condition.ETag != etag))
        {
            throw new BlobConflictException(name, condition.ETag, etag);
        }
    }

    private static BlobInfo? Describe(string name, FileInfo file)
    {
        try
        {
            return file.Exists ? new BlobInfo(name, file.Length, file.LastWriteTimeUtc, ETagOf(file.LastWriteTimeUtc)) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static string ETagOf(DateTime written) => written.Ticks.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    private static SafeFileHandle? OpenToRead(string path)
    {
        if (!RegularFile.Is(path))
        {
            return File.Exists(path)
                ? throw new StorageException($"'{path}' is no regular file (a pipe, a socket, a device) where a blob belongs; remove it.")
                : null;
        }
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static SafeFileHandle CreateTemporary(string path) =>
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);

    private static SafeFileHandle OpenToSync(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);

    private static void Copy(SafeFileHandle source, SafeFileHandle destination, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 20];
        var position = 0L;
        for (int count; (count = RandomAccess.Read(source, buffer, position)) > 0; position += count)
        {
            cancellation.ThrowIfCancellationRequested();
            RandomAccess.Write(destination, buffer.AsSpan(0, count), position);
        }
    }

    /// <summary>A writer keeps its temporary file open, and so locked, until it is renamed: one that can be locked belongs to no living process.</summary>
    private static void DeleteIfAbandoned(string temporary)
    {
        try
        {
            using var alone = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(temporary);
        }
        catch (IOException)
        {
            // In use, or renamed since it was listed.
        }
    }

    /// <summary>A name for a temporary file. Its folder need not survive a crash, so nothing makes it durable.</summary>
    private static string TemporaryPath(string segment) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(segment, TemporaryFolder)).FullName, $"{BlobNames.TemporaryMark}{Guid.NewGuid():n}");

    private string PathOf(string name) => Path.Combine(_root, BlobNames.ToRelativePath(name));

    /// <summary>File system calls block, fsync for milliseconds: never on a grain's turn.</summary>
    private async Task<T> OnPool<T>(string what, string name, long bytes, Func<T> work, CancellationToken cancellation)
    {
        try
        {
            return await Task.Run(work, cancellation);
        }
        catch (IOException e) when (DurableFile.IsDiskFull(e))
        {
            throw DurableFile.DiskFull(_root, $"{what} '{name}'", bytes, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"The folder '{_root}' cannot be used for {what} '{name}': {e.Message.TrimEnd('.')}; check its permissions or name another folder with --data.",
                e);
        }
    }
}
