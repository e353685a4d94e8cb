using System.Runtime.CompilerServices;
using DisBack.Storage.Blobs;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>A store in memory whose operations can be numbered, interrupted, and have something happen between them.</summary>
internal sealed class MemoryBlobs : IBlobStore
{
    private readonly SortedDictionary<string, BlobContent> _blobs;
    private readonly Dictionary<string, DateTimeOffset> _written;
    private readonly Func<int, string, Task> _before;
    private readonly TimeProvider? _time;
    private int _operations;

    /// <param name="time">The clock of their ages; without one nobody knows when they were written.</param>
    public MemoryBlobs(TimeProvider? time = null)
        : this(new(StringComparer.Ordinal), [], (_, _) => Task.CompletedTask, time)
    {
    }

    private MemoryBlobs(
        SortedDictionary<string, BlobContent> blobs, Dictionary<string, DateTimeOffset> written, Func<int, string, Task> before, TimeProvider? time) =>
        (_blobs, _written, _before, _time) = (blobs, written, before, time);

    public string Location => "memory";

    public int Operations => _operations;

    public IReadOnlyList<string> Names => [.. _blobs.Keys];

    public long Bytes => _blobs.Values.Sum(blob => (long)blob.Content.ToMemory().Length);

    /// <summary>The same blobs, seen by someone before each of whose operations something happens; it is told their number and name.</summary>
    public MemoryBlobs Seen(Func<int, string, Task> before) => new(_blobs, _written, before, _time);

    /// <summary>Other blobs, the same for now.</summary>
    public MemoryBlobs Copy() =>
        new(new SortedDictionary<string, BlobContent>(_blobs, StringComparer.Ordinal), new(_written), (_, _) => Task.CompletedTask, _time);

    public void Set(string name, byte[] bytes)
    {
        _blobs[name] = new BlobContent(BinaryData.FromBytes(bytes), NextETag());
        if (_time is not null)
        {
            _written[name] = _time.GetUtcNow();
        }
    }

    public byte[] Get(string name) => _blobs[name].Content.ToArray();

    public Task InitializeAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    public async Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation = default)
    {
        await CountAsync($"find {name}");
        return _blobs.TryGetValue(name, out var blob) ? Info(name, blob) : null;
    }

    public async Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation = default)
    {
        await CountAsync($"read {name}");
        return _blobs.GetValueOrDefault(name);
    }

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation = default) => throw new NotSupportedException();

    public async Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation = default)
    {
        if (await ReadAsync(name, cancellation) is not { } blob)
        {
            return false;
        }
        await destination.WriteAsync(blob.Content.ToMemory(), cancellation);
        return true;
    }

    public async Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation = default)
    {
        await CountAsync($"write {name}");
        Demand(name, condition);
        Set(name, content.ToArray());
        return _blobs[name].ETag;
    }

    public Task<string> UploadAsync(string name, string localFile, BlobCondition condition, bool consume = false, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public async Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation = default)
    {
        await CountAsync($"delete {name}");
        Demand(name, condition);
        return _blobs.Remove(name);
    }

    public async Task<bool> RenewAsync(string name, CancellationToken cancellation = default)
    {
        await CountAsync($"renew {name}");
        if (!_blobs.TryGetValue(name, out var blob))
        {
            return false;
        }
        Set(name, blob.Content.ToArray());
        return true;
    }

    /// <summary>Like a directory, which is read while others change it: a name may go or come before it is its turn.</summary>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var last = "";
        while (true)
        {
            await CountAsync($"list after {last}");
            var next = _blobs.Keys.FirstOrDefault(name => string.CompareOrdinal(name, last) > 0 && name.StartsWith(prefix, StringComparison.Ordinal));
            if (next is null)
            {
                yield break;
            }
            yield return Info(next, _blobs[next]);
            last = next;
        }
    }

    public string? LocalPathOf(string name) => null;

    private BlobInfo Info(string name, BlobContent blob) => new(name, blob.Content.ToMemory().Length, _written.GetValueOrDefault(name), blob.ETag);

    private Task CountAsync(string what) => _before(++_operations, what);

    private void Demand(string name, BlobCondition condition)
    {
        var etag = _blobs.GetValueOrDefault(name)?.ETag;
        if ((condition.MustBeMissing && etag is not null) || (condition.ETag is not null && condition.ETag != etag))
        {
            throw new BlobConflictException(name, condition.ETag, etag);
        }
    }

    private static string NextETag() => Guid.NewGuid().ToString("n");
}
