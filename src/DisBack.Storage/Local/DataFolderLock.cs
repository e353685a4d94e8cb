using System.Text.Json;
using DisBack.Specs.Files;
using Polly;
using Polly.Retry;

namespace DisBack.Storage.Local;

/// <summary>
/// The right to write in a data folder. The operating system takes it back when the process ends, however it ends, so a killed run never
/// leaves a folder that has to be unlocked by hand.
/// </summary>
/// <remarks>
/// Two files: the empty <c>disback.lock</c> carries the lock, <c>disback.owner.json</c> says who holds it. .NET refuses to read a file that
/// another .NET process has locked, so one file could not do both. The owner file of a killed process stays behind and counts for nothing:
/// <see cref="FindOwner"/> believes it only while the lock is held.
/// </remarks>
public sealed class DataFolderLock : IDisposable
{
    /// <summary><see cref="FindOwner"/> of another process holds the lock for an instant; a run holds it for as long as it lives.</summary>
    private static readonly ResiliencePipeline<FileStream?> s_retries = new ResiliencePipelineBuilder<FileStream?>()
        .AddRetry(new RetryStrategyOptions<FileStream?>
        {
            ShouldHandle = tried => new(tried.Outcome is { Exception: null, Result: null }),
            MaxRetryAttempts = 9,
            Delay = TimeSpan.FromMilliseconds(20),
        })
        .Build();

    private const long MostOwnerBytes = 1 << 20;

    private readonly FileStream _lock;
    private readonly string _ownerFile;

    private DataFolderLock(FileStream held, string ownerFile, DataFolderOwner owner)
    {
        (_lock, _ownerFile, Owner) = (held, ownerFile, owner);
        Announce(owner);
    }

    /// <summary>What other processes read about this one.</summary>
    public DataFolderOwner Owner { get; private set; }

    /// <summary>Takes the folder, which is created if needed.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="command">What this process does, as a person would type it.</param>
    /// <param name="time">The clock of <see cref="DataFolderOwner.StartedAt"/>; null is the system's.</param>
    /// <exception cref="DataFolderInUseException">Another process, or another part of this one, holds it.</exception>
    /// <exception cref="StorageException">The folder cannot be written to.</exception>
    public static DataFolderLock Acquire(string dataFolder, string command, TimeProvider? time = null)
    {
        var folder = Path.GetFullPath(dataFolder);
        var owner = new DataFolderOwner(Environment.ProcessId, (time ?? TimeProvider.System).GetUtcNow(), command);
        try
        {
            DurableFile.CreateDirectory(folder);
            if (File.Exists(LockFile(folder)) && !RegularFile.Is(LockFile(folder)))
            {
                throw new StorageException($"'{LockFile(folder)}' is no regular file (a pipe, a socket, a device) where a lock file belongs; remove it.");
            }
            return s_retries.Execute(() => DurableFile.TryOpen(LockFile(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)) is { } held
                ? new(held, OwnerFile(folder), owner)
                : throw new DataFolderInUseException(folder, ReadOwner(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.IsDiskFull(e)
                ? DurableFile.DiskFull(folder, "its lock file", 0, e)
                : new StorageException(
                    $"The data folder '{folder}' cannot be used: {e.Message.TrimEnd('.')}; check its permissions or name another folder with --data.",
                    e);
        }
    }

    /// <summary>Whether any process has ever taken the folder.</summary>
    public static bool WasTaken(string dataFolder) => File.Exists(LockFile(Path.GetFullPath(dataFolder)));

    /// <summary>The living process that holds the folder; null if none does.</summary>
    public static DataFolderOwner? FindOwner(string dataFolder)
    {
        var folder = Path.GetFullPath(dataFolder);
        if (!RegularFile.Is(LockFile(folder)))
        {
            return null;
        }
        using var free = DurableFile.TryOpen(LockFile(folder), FileMode.Open, FileAccess.Read, FileShare.Read);
        return free is null ? ReadOwner(folder) : null;
    }

    /// <summary>Changes what other processes read, for example once the gateway listens.</summary>
    public void Announce(DataFolderOwner owner)
    {
        Owner = owner;
        var temporary = $"{_ownerFile}~";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(owner, StorageJson.Options));
        File.Move(temporary, _ownerFile, overwrite: true);
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose()
    {
        File.Delete(_ownerFile);
        _lock.Dispose();
    }

    private static DataFolderOwner? ReadOwner(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<DataFolderOwner>(RegularFile.ReadAllBytes(OwnerFile(folder), MostOwnerBytes), StorageJson.Options);
        }
        catch (Exception e) when (e is DisBackException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private static string LockFile(string folder) => Path.Combine(folder, "disback.lock");

    private static string OwnerFile(string folder) => Path.Combine(folder, "disback.owner.json");
}
