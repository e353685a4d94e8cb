using System.Collections.Concurrent;
using System.Security.Cryptography;
using DisBack.Storage.Blobs;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Blobs;

public sealed class BlockTransferTests : IDisposable
{
    private const int BlockBytes = 1000;

    private readonly TemporaryFolder _local = new();

    public static TheoryData<int> Sizes { get; } =
        [0, 1, .. Enumerable.Range(1, 4).SelectMany(blocks => new[] { -1, 0, 1 }.Select(more => blocks * BlockBytes + more))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _local.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task The_blocks_of_a_file_are_its_bytes_and_only_those_that_are_missing_are_sent(int size)
    {
        var (file, bytes) = NewFile(size);
        var received = new ConcurrentDictionary<FileBlock, byte[]>();
        var transfer = new BlockTransfer(BlockBytes, 3);
        Task<IReadOnlyList<FileBlock>> SendAsync(Predicate<FileBlock> hasArrived) => transfer.SendAsync(file, hasArrived, (block, piece, _) =>
        {
            Assert.True(received.TryAdd(block, piece.ToArray()));
            return Task.CompletedTask;
        }, Cancellation);

        var blocks = await SendAsync(_ => false);

        Assert.Equal((size + BlockBytes - 1) / BlockBytes, blocks.Count);
        Assert.Equal(bytes, blocks.SelectMany(block => received[block]));
        var offset = 0L;
        foreach (var block in blocks)
        {
            Assert.Equal(new(offset, new(Convert.ToHexStringLower(SHA256.HashData(received[block])), received[block].Length)), block);
            offset += block.Content.Length;
        }
        for (var lost = 0; lost < 1 << blocks.Count; lost++)
        {
            var missing = blocks.Where((_, index) => (lost & 1 << index) != 0).ToList();
            missing.ForEach(block => received.TryRemove(block, out _));
            Assert.Equal(blocks, await SendAsync(received.ContainsKey));
            Assert.Equal(blocks.Count, received.Count);
        }
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 65)]
    [InlineData(BlockTransfer.MostBlocks, 65)]
    [InlineData(BlockTransfer.MostBlocks + 1, 66)]
    public async Task A_file_of_too_many_blocks_is_sent_in_larger_ones(int more, int expected)
    {
        var (file, bytes) = NewFile(64 * BlockTransfer.MostBlocks + more);

        var blocks = await new BlockTransfer(64, 4).SendAsync(file, _ => true, (_, _, _) => Task.CompletedTask, Cancellation);

        Assert.InRange(blocks.Count, 1, BlockTransfer.MostBlocks);
        Assert.Equal(expected, blocks[0].Content.Length);
        Assert.Equal(bytes.Length, blocks.Sum(block => block.Content.Length));
    }

    [Fact]
    public async Task No_more_blocks_are_under_way_than_may_be()
    {
        var (file, _) = NewFile(20 * BlockBytes);
        var (underWay, most) = (0, 0);
        var allThree = new TaskCompletionSource();

        await new BlockTransfer(BlockBytes, 3).SendAsync(file, _ => false, async (_, _, stop) =>
        {
            var now = Interlocked.Increment(ref underWay);
            InterlockedMax(ref most, now);
            if (now == 3)
            {
                allThree.TrySetResult();
            }
            await allThree.Task.WaitAsync(stop);
            Interlocked.Decrement(ref underWay);
        }, Cancellation);

        Assert.Equal(3, most);
    }

    [Fact]
    public async Task What_one_block_fails_with_is_what_the_sender_sees()
    {
        var (file, _) = NewFile(20 * BlockBytes);

        var failed = await Assert.ThrowsAsync<StorageException>(() => new BlockTransfer(BlockBytes, 3).SendAsync(
            file,
            _ => false,
            (block, _, stop) => block.Offset == 2 * BlockBytes ? throw new StorageException("The third.") : Task.Delay(Timeout.Infinite, stop),
            Cancellation));

        Assert.Equal("The third.", failed.Message);
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (var before = most; before < now; before = most)
        {
            Interlocked.CompareExchange(ref most, now, before);
        }
    }

    private (string File, byte[] Bytes) NewFile(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return (_local.File($"{size}", bytes), bytes);
    }
}
