using DisBack.Storage.Content;
using DisBack.Storage.Local;
using DisBack.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Storage.Cache;

/// <summary>
/// Immutable weights near their readers: a bounded folder of verified files, each fetched once however many ask for it, and kept while
/// anyone reads it.
/// </summary>
/// <remarks>
/// If the blob store is a local folder, its own files are lent, uncopied and unbounded. Every file is verified once per process, when it is
/// first asked for, and its length each time; a damaged copy is fetched again. What is least recently used makes room.
/// </remarks>
public sealed partial class WeightCache : IDisposable
{
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly HashSet<string> _damaged = [];
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ContentStore _contents;
    private readonly ILogger<WeightCache> _logger;
    private readonly string _folder;
    private readonly long _capacity;
    private long _uses;
    private long _bytes;

    /// <summary>Opens the cache on its folder; files from an earlier process are used again once they are verified.</summary>
    public WeightCache(ContentStore contents, IOptions<WeightCacheOptions> options, ILogger<WeightCache> logger)
    {
        (_contents, _logger) = (contents, logger);
        (_folder, _capacity) = (Path.GetFullPath(options.Value.Folder), options.Value.CapacityBytes);
        // A counter that Prometheus first sees at one has not increased to it, and an alert watches this one.
        Instruments.CorruptContents.Add(0);
        if (Directory.Exists(_folder))
        {
            Adopt(new DirectoryInfo(_folder));
        }
    }

    /// <summary>Bytes in the folder now, including what is being fetched.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Bytes that may be in the folder; null where the blob store's own files are lent, and nothing comes to the folder.</summary>
    public long? Capacity => _contents.IsLocal ? null : _capacity;

    /// <summary>Digests of the files in the folder now; none where the blob store's own files are lent.</summary>
    public IReadOnlyList<string> Digests
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Values.Where(entry => entry.Bytes > 0).Select(entry => entry.Digest)];
            }
        }
    }

    /// <summary>Digests whose stored bytes were found damaged, and not fetched intact since: some other machine may have a copy.</summary>
    public IReadOnlyList<string> Damaged
    {
        get
        {
            lock (_gate)
            {
                return [.. _damaged];
            }
        }
    }

    /// <summary>Somebody who can have it repaired knows of this damage, so it is named no more until it is found again.</summary>
    public void DamageIsKnown(IEnumerable<string> digests)
    {
        lock (_gate)
        {
            _damaged.ExceptWith(digests);
        }
    }

    /// <summary>
    /// Puts this cache's copy of a content in the place of a damaged one in the blob store; does nothing if the copy is damaged too, or gone.
    /// </summary>
    /// <returns>Whether the store holds the bytes now.</returns>
    public async Task<bool> HealAsync(string digest, CancellationToken cancellation = default)
    {
        Entry? entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(digest, out entry) || entry.Bytes == 0)
            {
                return false;
            }
            Pin(entry);
        }
        try
        {
            var path = Path.Combine(_folder, digest);
            if (await ContentStore.HashAsync(path, cancellation) is var content && content.Digest != digest)
            {
                return false;
            }
            await _contents.PutAsync(path, content, cancellation: cancellation);
            LogHealed(content);
            return true;
        }
        finally
        {
            Unpin(entry);
        }
    }

    /// <summary>Lends a verified local file with the content's bytes, fetching it first if needed.</summary>
    /// <param name="content">What is wanted.</param>
    /// <param name="verify">Hash the file again even if this process has verified it before.</param>
    /// <param name="cancellation">Stops waiting; a fetch under way goes on for whoever else asks.</param>
    /// <exception cref="MissingContentException">The blob store does not hold it.</exception>
    /// <exception cref="CorruptContentException">What the blob store holds is damaged.</exception>
    /// <exception cref="StorageException">There is no room: everything in the cache is lent, or the disk is full.</exception>
    public async Task<WeightLease> GetAsync(ContentRef content, bool verify = false, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        Entry entry;
        Task<string> ready;
        lock (_gate)
        {
            if (!_entries.TryGetValue(content.Digest, out entry!))
            {
                _entries.Add(content.Digest, entry = new(content.Digest));
            }
            Pin(entry);
#pragma warning disable RS0030 // It has completed: nobody waits.
            if (entry.Ready is null or { IsFaulted: true } or { IsCanceled: true }
                || (entry.Ready.IsCompleted && (verify || !HasLength(entry.Ready.Result, content))))
            {
#pragma warning restore RS0030
                entry.Ready = StartMakingReady(content, entry);
            }
            else
            {
                Instruments.CacheHits.Add(1);
            }
            ready = entry.Ready;
        }
        try
        {
            return new WeightLease(content, await ready.WaitAsync(cancellation), () => Unpin(entry));
        }
        catch
        {
            Unpin(entry);
            throw;
        }
    }

    /// <summary>Fetches a content that will be asked for soon. It is not lent, so it may be evicted again before that.</summary>
    public async Task PrefetchAsync(ContentRef content, CancellationToken cancellation = default)
    {
        using var lease = await GetAsync(content, cancellation: cancellation);
    }

    /// <summary>
    /// Stores a local file, and keeps it near; what is least recently used makes room. Whoever made it is the most likely to read it, and then need not
    /// fetch it.
    /// </summary>
    /// <param name="path">The file; gone afterwards.</param>
    /// <param name="content">Its address.</param>
    /// <param name="cancellation">Stops the transfer.</param>
    /// <exception cref="StorageException">The blob store cannot be used; the file is as it was.</exception>
    public async Task PutAsync(string path, ContentRef content, CancellationToken cancellation = default)
    {
        // A store of local files takes the file as it is, and lends it from there.
        var isLocal = _contents.LocalPathOf(content) is not null;
        await _contents.PutAsync(path, content, consume: isLocal, cancellation);
        if (!isLocal && !TryKeep(path, content))
        {
            TryDelete(path);
        }
    }

    /// <summary>Makes room: this content will hardly be asked for again. What is lent stays until it is evicted.</summary>
    public void Forget(ContentRef content)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(content.Digest, out var entry) && entry is { Pins: 0, Bytes: > 0 } && TryDelete(Path.Combine(_folder, content.Digest)))
            {
                Count(entry, 0);
                _entries.Remove(content.Digest);
            }
        }
    }

    /// <summary>Stops fetches under way. The files stay for the next process.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        lock (_gate)
        {
            Instruments.CacheBytes.Add(-_bytes);
            _bytes = 0;
        }
    }

    private bool TryKeep(string path, ContentRef content)
    {
        Entry entry;
        lock (_gate)
        {
            if (_entries.ContainsKey(content.Digest))
            {
                return false;
            }
            _entries.Add(content.Digest, entry = new(content.Digest));
            Pin(entry);
        }
        // In two steps: from another disk the file is copied, and no half of it may have the name of the whole.
        var (arriving, kept) = (Path.Combine(_folder, $"~{Guid.NewGuid():n}"), Path.Combine(_folder, content.Digest));
        try
        {
            Directory.CreateDirectory(_folder);
            MakeRoomFor(content, entry);
            File.Move(path, arriving);
            File.Move(arriving, kept, overwrite: true);
            lock (_gate)
            {
                entry.Ready = Task.FromResult(kept);
            }
            return true;
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            // It is stored, and can be fetched.
            TryDelete(arriving);
            lock (_gate)
            {
                Count(entry, 0);
                if (entry is { Pins: 1, Ready: null })
                {
                    _entries.Remove(content.Digest);
                }
            }
            return false;
        }
        finally
        {
            Unpin(entry);
        }
    }

    /// <summary>Whether a file is gone; a cache is no reason for anything to fail.</summary>
    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is DirectoryNotFoundException;
        }
    }

    private Task<string> StartMakingReady(ContentRef content, Entry entry)
    {
        // The work holds a pin of its own: those who wait for it may give up.
        Pin(entry);
        return Task.Run(async () =>
        {
            try
            {
                return await MakeReadyAsync(content, entry);
            }
            finally
            {
                Unpin(entry);
            }
        });
    }

    private async Task<string> MakeReadyAsync(ContentRef content, Entry entry)
    {
        if (_contents.LocalPathOf(content) is { } original)
        {
            await _contents.VerifyAsync(content, _closing.Token);
            return original;
        }
        var path = Path.Combine(_folder, content.Digest);
        if (File.Exists(path))
        {
            if (await ContentStore.HashAsync(path, _closing.Token) == content)
            {
                Instruments.CacheHits.Add(1);
                return path;
            }
            LogDamaged(content, path);
            Instruments.CorruptContents.Add(1);
            Drop(entry);
        }
        Instruments.CacheMisses.Add(1);
        MakeRoomFor(content, entry);
        try
        {
            await _contents.FetchAsync(content, path, _closing.Token);
            lock (_gate)
            {
                _damaged.Remove(content.Digest);
            }
            return path;
        }
        catch (Exception e)
        {
            Drop(entry);
            if (e is CorruptContentException)
            {
                lock (_gate)
                {
                    _damaged.Add(content.Digest);
                }
            }
            throw;
        }
    }

    private void MakeRoomFor(ContentRef content, Entry entry)
    {
        lock (_gate)
        {
            Count(entry, 0);
            var idle = new Queue<Entry>(_entries.Values.Where(other => other.Pins == 0 && other.Bytes > 0).OrderBy(other => other.LastUse));
            while (_bytes + content.Length > _capacity)
            {
                if (!idle.TryDequeue(out var victim))
                {
                    throw new StorageException(
                        $"The weight cache in '{_folder}' has no room for {content} ({DurableFile.Size(content.Length)}): {DurableFile.Size(_bytes)} of its "
                            + $"{DurableFile.Size(_capacity)} are in use; raise its CapacityBytes or run fewer trials on this machine.");
                }
                Drop(victim);
                _entries.Remove(victim.Digest);
                Instruments.CacheEvictions.Add(1);
            }
            Count(entry, content.Length);
        }
    }

    private void Drop(Entry entry)
    {
        lock (_gate)
        {
            File.Delete(Path.Combine(_folder, entry.Digest));
            Count(entry, 0);
        }
    }

    private void Count(Entry entry, long bytes)
    {
        Instruments.CacheBytes.Add(bytes - entry.Bytes);
        _bytes += bytes - entry.Bytes;
        entry.Bytes = bytes;
    }

    private void Pin(Entry entry)
    {
        entry.Pins++;
        entry.LastUse = ++_uses;
    }

    private void Unpin(Entry entry)
    {
        lock (_gate)
        {
            entry.Pins--;
            entry.LastUse = ++_uses;
        }
    }

    private void Adopt(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles().OrderBy(file => file.LastWriteTimeUtc))
        {
            if (file.Name[0] == '~')
            {
                file.Delete();
            }
            else if (file.Name.Length == 64)
            {
                Adopt(file.Name, file.Length);
            }
        }
    }

    private void Adopt(string digest, long bytes)
    {
        var entry = new Entry(digest) { LastUse = ++_uses };
        _entries.Add(digest, entry);
        Count(entry, bytes);
    }

    private static bool HasLength(string path, ContentRef content) => new FileInfo(path) is { Exists: true } file && file.Length == content.Length;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cached copy of {Content} at {Path} was damaged; it is fetched again from the blob store.")]
    private partial void LogDamaged(ContentRef content, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Content} was damaged in the blob store and is whole again, from this machine's copy.")]
    private partial void LogHealed(ContentRef content);

    private sealed class Entry(string digest)
    {
        public string Digest { get; } = digest;

        /// <summary>The path once the file is verified; null before anyone asked.</summary>
        public Task<string>? Ready { get; set; }

        /// <summary>Leases, waiters and the work itself; an entry without any may be evicted.</summary>
        public int Pins { get; set; }

        /// <summary>Bytes in the folder that are this entry's.</summary>
        public long Bytes { get; set; }

        public long LastUse { get; set; }
    }
}
