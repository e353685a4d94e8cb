using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.TestKit;
using DisBack.TestKit.Services;

namespace DisBack.Storage.Tests.Content;

/// <summary>Contents over every blob store.</summary>
public abstract class ContentStoreContract : IAsyncLifetime
{
    private readonly TemporaryFolder _local = new();
    private IBlobStore _blobs = null!;
    private ContentStore _contents = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<IBlobStore> CreateAsync(string folder);

    public async ValueTask InitializeAsync()
    {
        _blobs = await CreateAsync(Path.Combine(_local.Path, "store"));
        _contents = new(_blobs);
    }

    public ValueTask DisposeAsync()
    {
        _local.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_file_is_stored_under_its_sha256_and_comes_back()
    {
        var content = await _contents.PutAsync(_local.File("a", "abc"u8.ToArray()), cancellation: Cancellation);

        Assert.Equal(new("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3), content);
        Assert.Equal("cas/sha256/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", content.BlobName);
        Assert.True(await _contents.ExistsAsync(content, Cancellation));
        await _contents.VerifyAsync(content, Cancellation);
        var destination = Path.Combine(_local.Path, "new folder", "b");
        await _contents.FetchAsync(content, destination, Cancellation);
        Assert.Equal("abc", await File.ReadAllTextAsync(destination, Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storing_twice_is_storing_once_and_makes_the_content_young_again(bool consume)
    {
        var first = await _contents.PutAsync(BinaryData.FromString("abc"), Cancellation);
        var before = (await _blobs.FindAsync(first.BlobName, Cancellation))!;
        var file = _local.File("a", "abc"u8.ToArray());

        Assert.Equal(first, await _contents.PutAsync(file, first, consume, Cancellation));

        var after = (await _blobs.FindAsync(first.BlobName, Cancellation))!;
        Assert.NotEqual(before.ETag, after.ETag);
        Assert.True(after.LastModified >= before.LastModified);
        await _contents.VerifyAsync(first, Cancellation);
        Assert.Single(await _blobs.ListAsync(ContentRef.Prefix, Cancellation).ToListAsync(Cancellation));
        Assert.Equal(!consume, File.Exists(file));
    }

    [Fact]
    public async Task Many_that_store_the_same_bytes_at_once_all_succeed()
    {
        var file = _local.File("a", new byte[300_000]);

        var contents = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _contents.PutAsync(file, cancellation: Cancellation)));

        Assert.Single(contents.Distinct());
        await _contents.VerifyAsync(contents[0], Cancellation);
    }

    [Theory]
    [InlineData("abX", "hash to")]
    [InlineData("ab", "2 bytes instead of 3")]
    [InlineData("abcd", "4 bytes instead of 3")]
    public async Task A_damaged_content_is_named_and_leaves_the_destination_as_it_was(string damaged, string expected)
    {
        var content = await _contents.PutAsync(BinaryData.FromString("abc"), Cancellation);
        await _blobs.WriteAsync(content.BlobName, BinaryData.FromString(damaged), BlobCondition.None, Cancellation);
        var destination = _local.File("b", "before"u8.ToArray());

        foreach (var read in new[] { () => _contents.FetchAsync(content, destination, Cancellation), () => _contents.VerifyAsync(content, Cancellation) })
        {
            var corrupt = await Assert.ThrowsAsync<CorruptContentException>(read);
            Assert.Contains(content.Digest, corrupt.Message, StringComparison.Ordinal);
            Assert.Contains(expected, corrupt.Message, StringComparison.Ordinal);
            Assert.Contains("cas/sha256/ba/", corrupt.Where, StringComparison.Ordinal);
        }
        Assert.Equal("before", await File.ReadAllTextAsync(destination, Cancellation));
        Assert.Empty(Directory.GetFiles(_local.Path, "~*"));
    }

    [Fact]
    public async Task Storing_the_bytes_again_heals_a_damaged_content()
    {
        var content = await _contents.PutAsync(BinaryData.FromString("abc"), Cancellation);
        await _blobs.WriteAsync(content.BlobName, BinaryData.FromString("abX"), BlobCondition.None, Cancellation);

        await _contents.PutAsync(_local.File("a", "abc"u8.ToArray()), content, consume: true, Cancellation);

        await _contents.VerifyAsync(content, Cancellation);
    }

    [Fact]
    public async Task A_missing_content_is_missing_not_damaged()
    {
        var content = new ContentRef(new string('0', 64), 3);

        Assert.False(await _contents.ExistsAsync(content, Cancellation));
        await Assert.ThrowsAsync<MissingContentException>(() => _contents.VerifyAsync(content, Cancellation));
        await Assert.ThrowsAsync<MissingContentException>(() => _contents.FetchAsync(content, Path.Combine(_local.Path, "b"), Cancellation));
        Assert.False(File.Exists(Path.Combine(_local.Path, "b")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    public async Task Only_a_digest_is_a_digest(string digest) =>
        await Assert.ThrowsAsync<DisBackException>(() => _contents.VerifyAsync(new(digest, 1), Cancellation));
}

public sealed class FolderContentStoreTests : ContentStoreContract
{
    protected override Task<IBlobStore> CreateAsync(string folder) => Task.FromResult<IBlobStore>(new FolderBlobStore(folder));
}

public sealed class AzureContentStoreTests(Azurite azurite) : ContentStoreContract
{
    protected override async Task<IBlobStore> CreateAsync(string folder) => await azurite.NewStoreAsync();
}
