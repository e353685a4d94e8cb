using System.Buffers.Binary;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace DisBack.Storage.Blobs;

/// <summary>
/// The staged blocks of a blob. The service keeps them for a week, invisible, and tells their names and lengths but not their bytes: so the name of a block
/// has the digest of its bytes, and a block of another name or length than it should have is sent again.
/// </summary>
internal sealed class AzureBlocks(BlockBlobClient blob)
{
    // Of a blob the service takes names of one length only; the SDK's own, which an earlier version may have left, are as long as these.
    private const int NameBytes = 48;

    /// <summary>The staged blocks that are as long as their names say.</summary>
    public async Task<IReadOnlySet<string>> FindAsync(CancellationToken cancellation)
    {
        try
        {
            BlockList found = await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellation);
            return found.UncommittedBlocks.Where(block => LengthIn(block.Name) == block.SizeLong).Select(block => block.Name).ToHashSet(StringComparer.Ordinal);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return new HashSet<string>();
        }
    }

    /// <summary>The name of a block: where it begins, how long it is, and its SHA-256, in Base64.</summary>
    public static string NameOf(FileBlock block)
    {
        var name = new byte[NameBytes];
        BinaryPrimitives.WriteInt64LittleEndian(name, block.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(name.AsSpan(8), block.Content.Length);
        Convert.FromHexString(block.Content.Digest).CopyTo(name, 16);
        return Convert.ToBase64String(name);
    }

    private static long? LengthIn(string name)
    {
        Span<byte> bytes = stackalloc byte[NameBytes];
        return Convert.TryFromBase64String(name, bytes, out var written) && written == NameBytes ? BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) : null;
    }
}
