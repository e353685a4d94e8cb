using System.Buffers;
using System.Security.Cryptography;
using DisBack.Specs.Files;

namespace DisBack.Storage.Blobs;

/// <summary>
/// Sends a large file in blocks of equal size, but only those that have not arrived yet: so an upload that broke off goes on where it was, also in another
/// process. Every block is read and hashed, because only its bytes tell whether what has arrived is the same.
/// </summary>
/// <param name="blockBytes">Bytes of a block, at least; a file of more than <see cref="MostBlocks"/> of them is sent in larger ones.</param>
/// <param name="concurrency">Blocks under way at once, each in a buffer of its size.</param>
public sealed class BlockTransfer(long blockBytes, int concurrency)
{
    /// <summary>Blocks of a file, at most: Azure commits no more to a blob.</summary>
    public const int MostBlocks = 50_000;

    /// <summary>Sends what is missing of a file.</summary>
    /// <param name="localFile">The file; nobody may write to it meanwhile.</param>
    /// <param name="hasArrived">Whether a block need not be sent; called by several threads at once.</param>
    /// <param name="send">Sends a block, whose bytes are its own until it completes; called by several threads at once.</param>
    /// <param name="cancellation">Stops it; what has arrived stays.</param>
    /// <returns>All blocks of the file in their order.</returns>
    /// <exception cref="DisBackException">The file cannot be read.</exception>
    public async Task<IReadOnlyList<FileBlock>> SendAsync(
        string localFile,
        Predicate<FileBlock> hasArrived,
        Func<FileBlock, ReadOnlyMemory<byte>, CancellationToken, Task> send,
        CancellationToken cancellation = default)
    {
        await using var file = RegularFile.Open(localFile, mayBeEmpty: true, FileOptions.Asynchronous);
        var length = file.Length;
        var size = Math.Max(blockBytes, (length + MostBlocks - 1) / MostBlocks);
        var blocks = new FileBlock[(length + size - 1) / size];
        var options = new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellation };
        await Parallel.ForEachAsync(Enumerable.Range(0, blocks.Length), options, async (index, stop) =>
        {
            var offset = index * size;
            var count = checked((int)Math.Min(size, length - offset));
            var buffer = ArrayPool<byte>.Shared.Rent(count);
            try
            {
                var bytes = buffer.AsMemory(0, count);
                await ReadAsync(file, offset, bytes, stop);
                var block = new FileBlock(offset, new(Convert.ToHexStringLower(SHA256.HashData(bytes.Span)), count));
                if (!hasArrived(block))
                {
                    await send(block, bytes, stop);
                }
                blocks[index] = block;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        });
        return blocks;
    }

    private static async Task ReadAsync(FileStream file, long offset, Memory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            for (var read = 0; read < bytes.Length;)
            {
                var count = await RandomAccess.ReadAsync(file.SafeFileHandle, bytes[read..], offset + read, cancellation);
                read += count > 0
                    ? count
                    : throw new StorageException($"The file '{file.Name}' became shorter while it was sent; leave it as it is, and send it again.");
            }
        }
        catch (IOException e)
        {
            throw new StorageException($"The file '{file.Name}' cannot be read: {e.Message.TrimEnd('.')}; check its disk.", e);
        }
    }
}
