using Azure;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Tests.Kit;
using DisBack.TestKit;
using DisBack.TestKit.Services;

namespace DisBack.Storage.Tests.Blobs;

/// <summary>Uploads to a real Azurite that break off, race, and find there what others have left.</summary>
public sealed class AzureUploadTests(Azurite azurite) : IAsyncLifetime
{
    private const int BlockBytes = ChildRoles.UploadedBlockBytes;
    private const string Name = "cas/large";

    private readonly TemporaryFolder _local = new();
    private readonly string _container = $"test-{Guid.NewGuid():n}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await (await OpenAsync()).Store.InitializeAsync(Cancellation);

    public ValueTask DisposeAsync()
    {
        _local.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public async Task An_upload_that_broke_off_goes_on_with_the_blocks_that_are_there(int arrive)
    {
        var (file, bytes) = NewFile(7 * BlockBytes + 1);
        var (broken, before) = await OpenAsync(concurrency: 1);
        before.BeforeBlock = number => FailFrom(number, arrive);
        await Assert.ThrowsAsync<StorageException>(() => broken.UploadAsync(Name, file, BlobCondition.Missing, consume: true, Cancellation));
        Assert.True(File.Exists(file));
        Assert.Null(await broken.FindAsync(Name, Cancellation));

        var (store, after) = await OpenAsync();
        await store.UploadAsync(Name, file, BlobCondition.Missing, consume: true, Cancellation);

        Assert.Equal((arrive, 8 - arrive), (before.Staged.Count, after.Staged.Count));
        Assert.Empty(before.Staged.Intersect(after.Staged));
        Assert.False(File.Exists(file));
        await AssertStoredAsync(store, bytes);
    }

    [Fact]
    public async Task Of_a_connection_that_is_lost_for_a_moment_one_block_is_sent_again()
    {
        var (file, bytes) = NewFile(6 * BlockBytes);
        var (store, requests) = await OpenAsync(retries: 3);
        requests.BeforeBlock = number => FailAt(number, 3);

        await store.UploadAsync(Name, file, BlobCondition.Missing, cancellation: Cancellation);

        Assert.Equal(6, requests.Staged.Count);
        await AssertStoredAsync(store, bytes);
    }

    [Fact]
    public async Task After_kill_9_another_process_goes_on_with_the_blocks_that_are_there()
    {
        var (file, _) = NewFile(9 * BlockBytes + 17);
        var content = await ContentStore.HashAsync(file, Cancellation);
        var there = new HashSet<string>();
        await using (var child = RoleProcess.Start(ChildRoles.Upload, await azurite.ConnectionStringAsync(), _container, file, "5"))
        {
            for (var block = 0; block < 5; block++)
            {
                there.Add(await child.ReadLineAsync());
            }
            Assert.Empty(await child.KillAsync());
        }
        var (store, requests) = await OpenAsync();
        var contents = new ContentStore(store);
        Assert.False(await contents.ExistsAsync(content, Cancellation));

        Assert.Equal(content, await contents.PutAsync(file, cancellation: Cancellation));

        Assert.Equal(5, there.Count);
        Assert.Equal(5, requests.Staged.Count);
        Assert.Empty(there.Intersect(requests.Staged));
        await contents.VerifyAsync(content, Cancellation);
    }

    [Fact]
    public async Task Two_that_store_the_same_bytes_at_once_both_succeed()
    {
        var (file, _) = NewFile(9 * BlockBytes + 17);
        var stores = new[] { await OpenAsync(), await OpenAsync() };
        var arrived = new CountdownEvent(2);
        var both = new TaskCompletionSource();
        foreach (var (_, requests) in stores)
        {
            // Both have staged everything before either commits.
            requests.BeforeCommit = () =>
            {
                if (arrived.Signal())
                {
                    both.SetResult();
                }
                return both.Task.WaitAsync(Cancellation);
            };
        }

        var contents = await Task.WhenAll(stores.Select(store => new ContentStore(store.Store).PutAsync(file, cancellation: Cancellation)));

        Assert.Equal(contents[0], contents[1]);
        await new ContentStore(stores[0].Store).VerifyAsync(contents[0], Cancellation);
    }

    [Fact]
    public async Task Whoever_finds_staged_blocks_gone_sends_them_again_or_finds_the_blob_there()
    {
        var (file, bytes) = NewFile(4 * BlockBytes);
        var other = _local.File("other", [.. Enumerable.Repeat((byte)7, 3 * BlockBytes)]);

        foreach (var condition in new[] { BlobCondition.Missing, BlobCondition.None })
        {
            var (store, requests) = await OpenAsync();
            var (meanwhile, _) = await OpenAsync(blockBytes: BlockBytes / 2);
            await store.DeleteAsync(Name, BlobCondition.None, Cancellation);
            requests.BeforeCommit = async () =>
            {
                requests.BeforeCommit = () => Task.CompletedTask;
                await meanwhile.UploadAsync(Name, other, BlobCondition.None, cancellation: Cancellation);
            };

            if (condition.MustBeMissing)
            {
                await Assert.ThrowsAsync<BlobConflictException>(() => store.UploadAsync(Name, file, condition, cancellation: Cancellation));
                await AssertStoredAsync(store, await File.ReadAllBytesAsync(other, Cancellation));
            }
            else
            {
                await store.UploadAsync(Name, file, condition, cancellation: Cancellation);
                Assert.Equal(8, requests.Staged.Count);
                await AssertStoredAsync(store, bytes);
            }
        }
    }

    [Fact]
    public async Task Blocks_that_others_left_there_or_that_are_not_whole_are_not_trusted()
    {
        var (file, bytes) = NewFile(5 * BlockBytes);
        var names = await NamesOfAsync(file);
        var blob = new BlockBlobClient(await azurite.ConnectionStringAsync(), _container, Name);
        // The first is cut off, the second the one of another version of the program, the third in the place of the fourth; the last is right.
        await StageAsync(names[0], bytes.AsMemory(0, BlockBytes - 1));
        await StageAsync(Convert.ToBase64String([.. BitConverter.GetBytes((long)BlockBytes), .. new byte[40]]), bytes.AsMemory(BlockBytes, BlockBytes));
        var moved = Convert.FromBase64String(names[2]);
        BitConverter.GetBytes(3L * BlockBytes).CopyTo(moved, 0);
        await StageAsync(Convert.ToBase64String(moved), bytes.AsMemory(2 * BlockBytes, BlockBytes));
        await StageAsync(names[4], bytes.AsMemory(4 * BlockBytes, BlockBytes));
        var (store, requests) = await OpenAsync();

        await store.UploadAsync(Name, file, BlobCondition.Missing, cancellation: Cancellation);

        Assert.Equal(names.Take(4).Order(), requests.Staged.Order());
        await AssertStoredAsync(store, bytes);

        async Task StageAsync(string name, ReadOnlyMemory<byte> content) =>
            await blob.StageBlockAsync(name, BinaryData.FromBytes(content).ToStream(), cancellationToken: Cancellation);
    }

    [Fact]
    public async Task A_damaged_content_of_many_blocks_is_healed_whatever_was_staged_for_it()
    {
        var (file, bytes) = NewFile(3 * BlockBytes);
        var names = await NamesOfAsync(file);
        var (store, _) = await OpenAsync();
        var contents = new ContentStore(store);
        var content = await ContentStore.HashAsync(file, Cancellation);
        var blob = new BlockBlobClient(await azurite.ConnectionStringAsync(), _container, content.BlobName);
        // Somebody wrote under the name of a block what its bytes are not: nobody can see that before it is committed.
        await blob.StageBlockAsync(names[1], new MemoryStream(new byte[BlockBytes]), cancellationToken: Cancellation);
        await contents.PutAsync(file, cancellation: Cancellation);
        await Assert.ThrowsAsync<CorruptContentException>(() => contents.VerifyAsync(content, Cancellation));

        await contents.PutAsync(file, cancellation: Cancellation);

        await contents.VerifyAsync(content, Cancellation);
        await AssertStoredAsync(store, bytes, content.BlobName);
    }

    [Fact]
    public async Task Whatever_the_size_and_wherever_it_breaks_off_every_block_travels_once()
    {
        var random = new Random(14);
        for (var round = 0; round < 24; round++)
        {
            var size = Math.Max(1, random.Next(1, 6) * BlockBytes + random.Next(-1, 2));
            var count = (size + BlockBytes - 1) / BlockBytes;
            var arrive = random.Next(count);
            var name = $"cas/{round}";
            var (file, bytes) = NewFile(size);
            var (broken, before) = await OpenAsync(concurrency: random.Next(1, 5));
            before.BeforeBlock = number => FailFrom(number, arrive);
            if (count > 1)
            {
                await Assert.ThrowsAsync<StorageException>(() => broken.UploadAsync(name, file, BlobCondition.Missing, cancellation: Cancellation));
            }
            var (store, after) = await OpenAsync(concurrency: random.Next(1, 5));

            await store.UploadAsync(name, file, BlobCondition.Missing, cancellation: Cancellation);

            // Up to one block travels in a request that stages nothing. One that was under way when another failed may have arrived unseen.
            Assert.InRange(before.Staged.Count + after.Staged.Count, 0, count == 1 ? 0 : count);
            Assert.Equal(after.Staged.Count, after.Staged.Except(before.Staged).Count());
            await AssertStoredAsync(store, bytes, name);
        }
    }

    private static void FailFrom(int number, int first)
    {
        if (number >= first)
        {
            throw new RequestFailedException("The connection is lost.");
        }
    }

    private static void FailAt(int number, int which)
    {
        if (number == which)
        {
            throw new RequestFailedException("The connection is lost.");
        }
    }

    /// <summary>The names under which a store stages the blocks of a file.</summary>
    private async Task<IReadOnlyList<string>> NamesOfAsync(string file)
    {
        var (store, requests) = await OpenAsync(concurrency: 1);
        await store.UploadAsync("cas/elsewhere", file, BlobCondition.Missing, cancellation: Cancellation);
        return requests.Staged;
    }

    private static async Task AssertStoredAsync(AzureBlobStore store, byte[] bytes, string name = Name)
    {
        using var stored = new MemoryStream();
        Assert.True(await store.DownloadAsync(name, stored, Cancellation));
        Assert.True(bytes.AsSpan().SequenceEqual(stored.ToArray()), $"The {stored.Length} bytes of {name} are not the {bytes.Length} of the file.");
    }

    private async Task<(AzureBlobStore Store, BlockRequests Requests)> OpenAsync(int blockBytes = BlockBytes, int concurrency = 4, int retries = 0)
    {
        var requests = new BlockRequests();
        var client = new BlobClientOptions { Retry = { MaxRetries = retries, Delay = TimeSpan.FromMilliseconds(1) } };
        client.AddPolicy(requests, HttpPipelinePosition.PerRetry);
        return (
            new AzureBlobStore(
                new BlobContainerClient(await azurite.ConnectionStringAsync(), _container, client),
                new() { BlockBytes = blockBytes, Concurrency = concurrency }),
            requests);
    }

    private (string File, byte[] Bytes) NewFile(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return (_local.File($"{Guid.NewGuid():n}", bytes), bytes);
    }
}
