using DisBack.Storage.Blobs;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Blobs;

/// <summary>What every <see cref="IBlobStore"/> must do; an implementation supplies itself.</summary>
public abstract class BlobStoreContract : IAsyncLifetime
{
    private readonly TemporaryFolder _local = new();

    protected IBlobStore Blobs { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<IBlobStore> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        Blobs = await CreateAsync();
        await Blobs.InitializeAsync(Cancellation);
    }

    public virtual ValueTask DisposeAsync()
    {
        _local.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_missing_blob_reads_as_null_in_every_way()
    {
        Assert.Null(await Blobs.ReadAsync("a/b", Cancellation));
        Assert.Null(await Blobs.FindAsync("a/b", Cancellation));
        Assert.Null(await Blobs.OpenReadAsync("a/b", Cancellation));
        Assert.False(await Blobs.DownloadAsync("a/b", Stream.Null, Cancellation));
        Assert.False(await Blobs.DeleteAsync("a/b", BlobCondition.None, Cancellation));
        Assert.Empty(await ListAsync("a/"));
    }

    [Fact]
    public async Task What_is_written_is_read_found_and_downloaded_with_one_etag()
    {
        var etag = await WriteAsync("a/b.json", "text", BlobCondition.Missing);

        Assert.Equal(("text", etag), await ReadAsync("a/b.json"));
        var found = await Blobs.FindAsync("a/b.json", Cancellation);
        Assert.Equal(("a/b.json", 4, etag), (found!.Name, found.Length, found.ETag));
        Assert.Equal(etag, Assert.Single(await ListAsync("")).ETag);
        using var downloaded = new MemoryStream();
        Assert.True(await Blobs.DownloadAsync("a/b.json", downloaded, Cancellation));
        Assert.Equal("text"u8.ToArray(), downloaded.ToArray());
    }

    [Fact]
    public async Task A_part_of_a_blob_can_be_read_alone()
    {
        await WriteAsync("long", new string('.', 100_000) + "part" + new string('.', 100_000), BlobCondition.Missing);

        await using var stream = await Blobs.OpenReadAsync("long", Cancellation);
        Assert.Equal(200_004, stream!.Length);
        stream.Seek(100_000, SeekOrigin.Begin);
        var part = new byte[4];
        await stream.ReadExactlyAsync(part, Cancellation);
        Assert.Equal("part"u8.ToArray(), part);
    }

    [Fact]
    public async Task An_empty_blob_is_a_blob()
    {
        var etag = await WriteAsync("empty", "", BlobCondition.Missing);

        Assert.Equal(("", etag), await ReadAsync("empty"));
        Assert.True(await Blobs.DownloadAsync("empty", Stream.Null, Cancellation));
    }

    [Fact]
    public async Task Every_write_changes_the_etag_also_for_equal_bytes()
    {
        var etags = new List<string> { await WriteAsync("a", "same", BlobCondition.None) };
        for (var i = 0; i < 20; i++)
        {
            etags.Add(await WriteAsync("a", "same", BlobCondition.Unchanged(etags[^1])));
        }

        Assert.Equal(etags.Count, etags.Distinct().Count());
    }

    [Fact]
    public async Task Renewing_changes_the_etag_and_not_the_bytes()
    {
        var etag = await WriteAsync("a/b", "text", BlobCondition.Missing);

        Assert.True(await Blobs.RenewAsync("a/b", Cancellation));

        var (text, renewed) = await ReadAsync("a/b");
        Assert.Equal("text", text);
        Assert.NotEqual(etag, renewed);
        await Assert.ThrowsAsync<BlobConflictException>(() => Blobs.DeleteAsync("a/b", BlobCondition.Unchanged(etag), Cancellation));
        Assert.True(await Blobs.DeleteAsync("a/b", BlobCondition.Unchanged(renewed), Cancellation));
        Assert.False(await Blobs.RenewAsync("a/b", Cancellation));
    }

    [Fact]
    public async Task Creating_what_exists_conflicts_and_changes_nothing()
    {
        await WriteAsync("a", "first", BlobCondition.Missing);

        var conflict = await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a", "second", BlobCondition.Missing));

        Assert.Equal("a", conflict.Name);
        Assert.Equal("first", (await ReadAsync("a")).Text);
    }

    [Fact]
    public async Task A_stale_etag_conflicts_for_write_and_delete()
    {
        var stale = await WriteAsync("a", "first", BlobCondition.Missing);
        await WriteAsync("a", "second", BlobCondition.Unchanged(stale));

        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a", "third", BlobCondition.Unchanged(stale)));
        await Assert.ThrowsAsync<BlobConflictException>(() => Blobs.DeleteAsync("a", BlobCondition.Unchanged(stale), Cancellation));

        Assert.Equal("second", (await ReadAsync("a")).Text);
    }

    [Fact]
    public async Task An_etag_of_a_deleted_blob_conflicts_for_write_and_delete()
    {
        var etag = await WriteAsync("a", "first", BlobCondition.Missing);
        Assert.True(await Blobs.DeleteAsync("a", BlobCondition.Unchanged(etag), Cancellation));

        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a", "second", BlobCondition.Unchanged(etag)));
        await Assert.ThrowsAsync<BlobConflictException>(() => Blobs.DeleteAsync("a", BlobCondition.Unchanged(etag), Cancellation));

        Assert.Null(await Blobs.ReadAsync("a", Cancellation));
    }

    [Fact]
    public async Task Of_many_concurrent_creators_exactly_one_creates()
    {
        for (var round = 0; round < 5; round++)
        {
            var name = $"round-{round}";
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => TryWriteAsync(name, $"writer {i}", BlobCondition.Missing)));

            var winner = Assert.Single(outcomes, outcome => outcome.ETag is not null);
            Assert.Equal((winner.Text, winner.ETag), await ReadAsync(name));
        }
    }

    [Fact]
    public async Task Of_many_concurrent_writers_with_one_etag_exactly_one_wins()
    {
        var etag = await WriteAsync("a", "start", BlobCondition.Missing);
        for (var round = 0; round < 5; round++)
        {
            var outcomes = await Task.WhenAll(
                Enumerable.Range(0, 16).Select(i => TryWriteAsync("a", $"round {round} writer {i}", BlobCondition.Unchanged(etag))));

            var winner = Assert.Single(outcomes, outcome => outcome.ETag is not null);
            Assert.Equal((winner.Text, winner.ETag), await ReadAsync("a"));
            etag = winner.ETag!;
        }
    }

    [Fact]
    public async Task Concurrent_increments_by_read_and_conditional_write_lose_none()
    {
        await WriteAsync("counter", "0", BlobCondition.Missing);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            for (var done = 0; done < 5;)
            {
                var (text, etag) = await ReadAsync("counter");
                var next = (int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
                if ((await TryWriteAsync("counter", next, BlobCondition.Unchanged(etag))).ETag is not null)
                {
                    done++;
                }
            }
        }));

        Assert.Equal("30", (await ReadAsync("counter")).Text);
    }

    [Fact]
    public async Task A_listing_has_the_names_with_the_prefix_in_ordinal_order()
    {
        foreach (var name in new[] { "m/a/2", "m/a/10", "m/a-b/1", "m/ab/1", "m/b/1", "n/a/1" })
        {
            await WriteAsync(name, name, BlobCondition.Missing);
        }

        Assert.Equal(["m/a-b/1", "m/a/10", "m/a/2", "m/ab/1", "m/b/1"], (await ListAsync("m/")).Select(blob => blob.Name));
        Assert.Equal(["m/a/10", "m/a/2"], (await ListAsync("m/a/")).Select(blob => blob.Name));
        Assert.Equal(["m/a-b/1", "m/a/10", "m/a/2", "m/ab/1"], (await ListAsync("m/a")).Select(blob => blob.Name));
        Assert.Equal(["m/a/10"], (await ListAsync("m/a/1")).Select(blob => blob.Name));
        Assert.Equal(6, (await ListAsync("")).Count);
        Assert.Empty(await ListAsync("x/y/"));
    }

    [Fact]
    public async Task Blobs_of_one_last_segment_are_listed_without_what_lies_beside_or_below_them()
    {
        foreach (var name in new[] { "s/b/x.json", "s/a b/x.json", "s/b/y.json", "s/b/deep/x.json", "s/x.json", "s/c/ax.json", "t/a/x.json" })
        {
            await WriteAsync(name, name, BlobCondition.Missing);
        }

        var listed = await Blobs.ListAsync("s/", "x.json", Cancellation).ToListAsync(Cancellation);

        Assert.Equal(["s/a b/x.json", "s/b/x.json"], listed.Select(blob => blob.Name));
        Assert.Equal((await ReadAsync("s/b/x.json")).ETag, listed[1].ETag);
        Assert.Empty(await Blobs.ListAsync("none/", "x.json", Cancellation).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData("with space/ünïcödé/ключ/鍵.json")]
    [InlineData("a=2Fb/%2F/100%/~tilde/q?&#x/+ plus")]
    [InlineData("..hidden/...x/a..b/:colon*star\"quote|")]
    public async Task Unusual_names_round_trip_through_read_and_list(string name)
    {
        await WriteAsync(name, name, BlobCondition.Missing);

        Assert.Equal(name, (await ReadAsync(name)).Text);
        Assert.Equal(name, Assert.Single(await ListAsync("")).Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    public async Task Names_that_some_store_would_change_are_refused(string name)
    {
        var refused = await Assert.ThrowsAsync<StorageException>(() => WriteAsync(name, "", BlobCondition.None));

        Assert.Contains("cannot name a blob", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_file_is_uploaded_in_blocks_and_downloaded_in_order(bool consume)
    {
        var bytes = Bytes(3_500_001);
        var file = _local.File("large", bytes);

        var etag = await Blobs.UploadAsync("cas/large", file, BlobCondition.Missing, consume, Cancellation);

        using var downloaded = new MemoryStream();
        Assert.True(await Blobs.DownloadAsync("cas/large", downloaded, Cancellation));
        Assert.True(bytes.AsSpan().SequenceEqual(downloaded.ToArray()));
        Assert.Equal(
            (bytes.Length, etag),
            ((int)(await Blobs.FindAsync("cas/large", Cancellation))!.Length, (await Blobs.FindAsync("cas/large", Cancellation))!.ETag));
        Assert.Equal(!consume, File.Exists(file));
    }

    [Fact]
    public async Task Uploading_what_exists_conflicts_and_keeps_both()
    {
        await WriteAsync("cas/x", "there", BlobCondition.Missing);
        var file = _local.File("x", Bytes(1000));

        await Assert.ThrowsAsync<BlobConflictException>(() => Blobs.UploadAsync("cas/x", file, BlobCondition.Missing, consume: true, Cancellation));

        Assert.Equal("there", (await ReadAsync("cas/x")).Text);
        Assert.Equal(1000, new FileInfo(file).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_concurrent_uploads_exactly_one_creates_and_the_others_keep_their_files(bool consume)
    {
        var files = Enumerable.Range(0, 6).Select(i => _local.File($"f{i}", Bytes(2_000_000 + i))).ToList();

        var outcomes = await Task.WhenAll(files.Select(async file =>
        {
            try
            {
                await Blobs.UploadAsync("cas/x", file, BlobCondition.Missing, consume, Cancellation);
                return int.Parse(Path.GetFileName(file)[1..], System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (BlobConflictException)
            {
                return -1;
            }
        }));

        var winner = Assert.Single(outcomes, i => i >= 0);
        Assert.Equal(2_000_000 + winner, (await Blobs.FindAsync("cas/x", Cancellation))!.Length);
        Assert.Equal(consume ? files.Count - 1 : files.Count, files.Count(File.Exists));
    }

    [Fact]
    public async Task Uploading_a_file_that_is_not_there_names_it()
    {
        var refused = await Assert.ThrowsAsync<StorageException>(
            () => Blobs.UploadAsync("cas/x", "/nowhere/file", BlobCondition.Missing, cancellation: Cancellation));

        Assert.Contains("/nowhere/file", refused.Message, StringComparison.Ordinal);
    }

    protected Task<string> WriteAsync(string name, string text, BlobCondition condition) =>
        Blobs.WriteAsync(name, BinaryData.FromString(text), condition, Cancellation);

    protected async Task<(string Text, string ETag)> ReadAsync(string name)
    {
        var blob = await Blobs.ReadAsync(name, Cancellation);
        Assert.NotNull(blob);
        return (blob.Content.ToString(), blob.ETag);
    }

    protected async Task<List<BlobInfo>> ListAsync(string prefix)
    {
        var found = new List<BlobInfo>();
        await foreach (var blob in Blobs.ListAsync(prefix, Cancellation))
        {
            found.Add(blob);
        }
        return found;
    }

    private async Task<(string Text, string? ETag)> TryWriteAsync(string name, string text, BlobCondition condition)
    {
        try
        {
            return (text, await WriteAsync(name, text, condition));
        }
        catch (BlobConflictException)
        {
            return (text, null);
        }
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
