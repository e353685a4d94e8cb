using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using DisBack.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Storage.Tests.Cache;

public sealed class WeightCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RemoteStore _blobs;
    private readonly ContentStore _contents;
    private readonly Warner _log = new();

    public WeightCacheTests()
    {
        _blobs = new(new FolderBlobStore(Path.Combine(_folder.Path, "store")));
        _contents = new(_blobs);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string CacheFolder => Path.Combine(_folder.Path, "cache");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_content_is_fetched_once_and_lent_many_times()
    {
        using var cache = NewCache();
        var content = await PutAsync(1);

        using var first = await cache.GetAsync(content, cancellation: Cancellation);
        using var second = await cache.GetAsync(content, cancellation: Cancellation);

        Assert.Equal((1, first.Path), (_blobs.Downloads, second.Path));
        Assert.Equal([content.Digest], cache.Digests);
        Assert.Equal(Bytes(1), await File.ReadAllBytesAsync(first.Path, Cancellation));
    }

    [Fact]
    public async Task All_who_ask_at_once_wait_for_one_download_also_when_some_give_up()
    {
        using var cache = NewCache();
        var content = await PutAsync(1);
        _blobs.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leaving = new CancellationTokenSource();

        var gaveUp = cache.GetAsync(content, cancellation: leaving.Token);
        var waiting = Enumerable.Range(0, 8).Select(_ => cache.GetAsync(content, cancellation: Cancellation)).ToList();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gaveUp);
        _blobs.Gate.SetResult();

        foreach (var lease in await Task.WhenAll(waiting))
        {
            lease.Dispose();
        }
        Assert.Equal(1, _blobs.Downloads);
    }

    [Fact]
    public async Task A_prefetched_content_is_there_when_it_is_asked_for()
    {
        using var cache = NewCache();
        var content = await PutAsync(1);
        await cache.PrefetchAsync(content, Cancellation);

        _blobs.Gate = new(); // nothing can be downloaded from now on
        using var lease = await cache.GetAsync(content, cancellation: Cancellation);

        Assert.True(File.Exists(lease.Path));
    }

    [Fact]
    public async Task The_least_recently_used_makes_room_but_never_what_is_lent()
    {
        using var cache = NewCache(capacity: 3000);
        var contents = await Task.WhenAll(Enumerable.Range(1, 5).Select(PutAsync));
        using var lent = await cache.GetAsync(contents[0], cancellation: Cancellation);
        await cache.PrefetchAsync(contents[1], Cancellation);
        await cache.PrefetchAsync(contents[2], Cancellation);
        await cache.PrefetchAsync(contents[1], Cancellation); // used again, so contents[2] is the oldest

        await cache.PrefetchAsync(contents[3], Cancellation);

        Assert.Equal((3000, 3000), (cache.Bytes, cache.Capacity));
        Assert.Equal(
            new[] { contents[0], contents[1], contents[3] }.Select(content => content.Digest).Order(),
            Directory.GetFiles(CacheFolder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_cache_full_of_lent_files_says_so_and_recovers()
    {
        using var cache = NewCache(capacity: 2000);
        var contents = await Task.WhenAll(Enumerable.Range(1, 3).Select(PutAsync));
        using var first = await cache.GetAsync(contents[0], cancellation: Cancellation);
        using (await cache.GetAsync(contents[1], cancellation: Cancellation))
        {
            var full = await Assert.ThrowsAsync<StorageException>(() => cache.GetAsync(contents[2], cancellation: Cancellation));
            Assert.Contains("CapacityBytes", full.Message, StringComparison.Ordinal);
        }

        using var third = await cache.GetAsync(contents[2], cancellation: Cancellation);
        Assert.Equal(2000, cache.Bytes);
    }

    [Fact]
    public async Task A_lease_given_back_twice_counts_once()
    {
        using var cache = NewCache(capacity: 1000);
        var (a, b) = (await PutAsync(1), await PutAsync(2));
        var twice = await cache.GetAsync(a, cancellation: Cancellation);
        using var held = await cache.GetAsync(a, cancellation: Cancellation);
        twice.Dispose();
        twice.Dispose();

        await Assert.ThrowsAsync<StorageException>(() => cache.PrefetchAsync(b, Cancellation));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("deleted")]
    [InlineData("flipped")]
    public async Task A_damaged_copy_is_fetched_again_in_the_same_process(string damage)
    {
        using var cache = NewCache();
        var content = await PutAsync(1);
        string path;
        using (var lease = await cache.GetAsync(content, cancellation: Cancellation))
        {
            path = lease.Path;
        }
        Damage(path, damage);

        // A flipped bit keeps the length, so it is seen when the caller asks for proof.
        using var again = await cache.GetAsync(content, verify: damage == "flipped", Cancellation);

        Assert.Equal(Bytes(1), await File.ReadAllBytesAsync(again.Path, Cancellation));
        Assert.Equal((2, 1000), (_blobs.Downloads, cache.Bytes));
        Assert.Equal(damage == "deleted" ? 0 : 1, _log.Warnings.Count(warning => warning.Contains(path, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("cut", 2)]
    [InlineData("flipped", 2)]
    public async Task The_next_process_uses_what_it_finds_after_verifying_it(string? damage, int downloads)
    {
        var content = await PutAsync(1);
        using (var before = NewCache())
        {
            await before.PrefetchAsync(content, Cancellation);
        }
        File.WriteAllBytes(Path.Combine(CacheFolder, "~leftover"), []);
        if (damage is not null)
        {
            Damage(Path.Combine(CacheFolder, content.Digest), damage);
        }

        using var cache = NewCache();
        using var lease = await cache.GetAsync(content, cancellation: Cancellation);

        Assert.Equal(Bytes(1), await File.ReadAllBytesAsync(lease.Path, Cancellation));
        Assert.Equal((downloads, 1000), (_blobs.Downloads, cache.Bytes));
        Assert.Single(Directory.GetFiles(CacheFolder));
    }

    [Fact]
    public async Task A_failed_fetch_holds_no_room_and_can_be_repeated()
    {
        using var cache = NewCache(capacity: 1000);
        var content = await PutAsync(1);
        await _blobs.WriteAsync(content.BlobName, BinaryData.FromBytes(Bytes(2)), BlobCondition.None, Cancellation);
        await Assert.ThrowsAsync<CorruptContentException>(() => cache.GetAsync(content, cancellation: Cancellation));
        Assert.Equal(0, cache.Bytes);

        await _contents.PutAsync(BinaryData.FromBytes(Bytes(1)), Cancellation);
        using var lease = await cache.GetAsync(content, cancellation: Cancellation);

        Assert.Equal(Bytes(1), await File.ReadAllBytesAsync(lease.Path, Cancellation));
    }

    [Fact]
    public async Task A_local_store_lends_its_own_files_verified_and_uncopied()
    {
        var contents = new ContentStore(new FolderBlobStore(Path.Combine(_folder.Path, "local")));
        using var cache = new WeightCache(contents, Options.Create(new WeightCacheOptions { Folder = CacheFolder }), _log);
        var content = await contents.PutAsync(BinaryData.FromBytes(Bytes(1)), Cancellation);

        using (var lease = await cache.GetAsync(content, cancellation: Cancellation))
        {
            Assert.Equal(contents.LocalPathOf(content), lease.Path);
        }
        Assert.False(Directory.Exists(CacheFolder));
        Assert.Null(cache.Capacity);

        Damage(contents.LocalPathOf(content)!, "flipped");
        await Assert.ThrowsAsync<CorruptContentException>(() => cache.GetAsync(content, verify: true, Cancellation));
    }

    [Fact]
    public async Task What_is_stored_through_the_cache_stays_near_until_it_is_forgotten()
    {
        using var cache = NewCache();
        var (path, content) = await FileAsync(1);

        await cache.PutAsync(path, content, Cancellation);
        using (var lease = await cache.GetAsync(content, verify: true, Cancellation))
        {
            Assert.Equal(Bytes(1), await File.ReadAllBytesAsync(lease.Path, Cancellation));
            Assert.Equal(0, _blobs.Downloads);
            cache.Forget(content);
            Assert.Equal([content.Digest], cache.Digests);
        }
        await _contents.VerifyAsync(content, Cancellation);
        Assert.Equal((false, 1000L), (File.Exists(path), cache.Bytes));

        cache.Forget(content);
        Assert.Empty(Directory.GetFiles(CacheFolder));
        Assert.Equal(0, cache.Bytes);
    }

    [Fact]
    public async Task What_has_no_room_near_is_stored_all_the_same()
    {
        using var cache = NewCache(capacity: 1000);
        using var lent = await cache.GetAsync(await PutAsync(1), cancellation: Cancellation);
        var (path, content) = await FileAsync(2);

        await cache.PutAsync(path, content, Cancellation);

        await _contents.VerifyAsync(content, Cancellation);
        Assert.False(File.Exists(path));
        Assert.Equal([Path.GetFileName(lent.Path)], Directory.GetFiles(CacheFolder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_local_store_takes_the_file_itself()
    {
        var contents = new ContentStore(new FolderBlobStore(Path.Combine(_folder.Path, "local")));
        using var cache = new WeightCache(contents, Options.Create(new WeightCacheOptions { Folder = CacheFolder }), _log);
        var (path, content) = await FileAsync(1);

        await cache.PutAsync(path, content, Cancellation);

        await contents.VerifyAsync(content, Cancellation);
        Assert.False(File.Exists(path));
        Assert.False(Directory.Exists(CacheFolder));
    }

    [Fact]
    public async Task Under_random_use_the_bound_holds_and_every_lease_reads_its_bytes()
    {
        using var cache = NewCache(capacity: 6000);
        var contents = await Task.WhenAll(Enumerable.Range(1, 12).Select(PutAsync));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 100; i++)
            {
                var which = random.Next(contents.Length);
                using var lease = await cache.GetAsync(contents[which], cancellation: Cancellation);
                Assert.Equal(Bytes(which + 1), await File.ReadAllBytesAsync(lease.Path, Cancellation));
                Assert.InRange(cache.Bytes, 1000, 6000);
            }
        }, Cancellation)));

        Assert.Equal(cache.Bytes, Directory.GetFiles(CacheFolder).Sum(file => new FileInfo(file).Length));
    }

    [Fact]
    public async Task A_damaged_blob_is_named_and_healed_from_the_copy_of_another_host()
    {
        using var whole = NewCache();
        var content = await PutAsync(1);
        (await whole.GetAsync(content, cancellation: Cancellation)).Dispose();
        await _blobs.WriteAsync(content.BlobName, BinaryData.FromString("flipped"), BlobCondition.None, Cancellation);
        using var other = NewCache(folder: "other");
        await Assert.ThrowsAsync<CorruptContentException>(() => other.GetAsync(content, cancellation: Cancellation));
        var damaged = other.Damaged;
        other.DamageIsKnown(damaged);
        Assert.Empty(other.Damaged);

        var healed = await whole.HealAsync(content.Digest, Cancellation);
        (await other.GetAsync(content, cancellation: Cancellation)).Dispose();

        Assert.True(healed);
        Assert.Equal([content.Digest], damaged);
        Assert.Empty(other.Damaged);
    }

    [Fact]
    public async Task A_copy_that_is_damaged_itself_or_not_there_heals_nothing()
    {
        using var cache = NewCache();
        var (content, unknown) = (await PutAsync(1), await PutAsync(2));
        using (var lease = await cache.GetAsync(content, cancellation: Cancellation))
        {
            await File.WriteAllTextAsync(lease.Path, "flipped", Cancellation);
        }

        Assert.False(await cache.HealAsync(content.Digest, Cancellation));
        Assert.False(await cache.HealAsync(unknown.Digest, Cancellation));
        await _contents.VerifyAsync(content, Cancellation);
    }

    private WeightCache NewCache(long capacity = 1 << 20, string? folder = null) =>
        new(
            _contents,
            Options.Create(new WeightCacheOptions { Folder = folder is null ? CacheFolder : Path.Combine(_folder.Path, folder), CapacityBytes = capacity }),
            _log);

    private Task<ContentRef> PutAsync(int n) => _contents.PutAsync(BinaryData.FromBytes(Bytes(n)), Cancellation);

    private async Task<(string Path, ContentRef Content)> FileAsync(int n)
    {
        var path = Path.Combine(_folder.Path, $"file-{n}");
        await File.WriteAllBytesAsync(path, Bytes(n), Cancellation);
        return (path, await ContentStore.HashAsync(path, Cancellation));
    }

    private static byte[] Bytes(int n) => [.. Enumerable.Repeat((byte)n, 1000)];

    private static void Damage(string path, string damage)
    {
        switch (damage)
        {
            case "cut":
                using (var file = new FileStream(path, FileMode.Open))
                {
                    file.SetLength(500);
                }
                break;
            case "flipped":
                using (var file = new FileStream(path, FileMode.Open))
                {
                    file.WriteByte(0xff);
                }
                break;
            default:
                File.Delete(path);
                break;
        }
    }

    /// <summary>A folder that behaves as if it were elsewhere, counts downloads and can hold them up.</summary>
    private sealed class RemoteStore(FolderBlobStore inner) : IBlobStore
    {
        private int _downloads;

        public int Downloads => _downloads;

        public TaskCompletionSource? Gate { get; set; }

        public string Location => "remote";

        public async Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation)
        {
            if (Gate is { } gate)
            {
                await gate.Task.WaitAsync(cancellation);
            }
            if (destination is HashingFileStream)
            {
                Interlocked.Increment(ref _downloads);
            }
            return await inner.DownloadAsync(name, destination, cancellation);
        }

        public string? LocalPathOf(string name) => null;

        public Task InitializeAsync(CancellationToken cancellation) => inner.InitializeAsync(cancellation);

        public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation) => inner.FindAsync(name, cancellation);

        public Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation) => inner.ReadAsync(name, cancellation);

        public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation) => inner.OpenReadAsync(name, cancellation);

        public Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation) =>
            inner.WriteAsync(name, content, condition, cancellation);

        public Task<string> UploadAsync(string name, string localFile, BlobCondition condition, bool consume, CancellationToken cancellation) =>
            inner.UploadAsync(name, localFile, condition, consume, cancellation);

        public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation) => inner.DeleteAsync(name, condition, cancellation);

        public Task<bool> RenewAsync(string name, CancellationToken cancellation) => inner.RenewAsync(name, cancellation);

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation) => inner.ListAsync(prefix, cancellation);
    }

    private sealed class Warner : ILogger<WeightCache>
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Warnings)
            {
                Warnings.Add(formatter(state, exception));
            }
        }
    }
}
