using DisBack.Storage.Blobs;

namespace DisBack.Storage.Content;

/// <summary>
/// Parts of large contents that arrive one by one, over connections that break and by processes that take turns, until all of them are there to be put
/// together. They lie beside the contents: no document refers to them, and nothing reads them as contents.
/// </summary>
/// <param name="blobs">Where they lie.</param>
/// <param name="time">The clock; null is the system's.</param>
public sealed class ContentParts(IBlobStore blobs, TimeProvider? time = null)
{
    /// <summary>How long a part is kept for a content that does not become whole.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private const string Prefix = "uploads/";

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>The parts of a content that are there.</summary>
    /// <param name="digest">The digest of the content.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<IReadOnlyList<ContentRef>> FindAsync(string digest, CancellationToken cancellation = default) =>
        await blobs.ListAsync(PrefixOf(digest), cancellation)
            .Select(blob => new ContentRef(blob.Name[PrefixOf(digest).Length..], blob.Length))
            .ToListAsync(cancellation);

    /// <summary>Keeps a part.</summary>
    /// <param name="digest">The digest of the content.</param>
    /// <param name="part">The address of the part's bytes.</param>
    /// <param name="localFile">The bytes, which the caller has hashed; gone afterwards.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task PutAsync(string digest, ContentRef part, string localFile, CancellationToken cancellation = default) =>
        blobs.UploadAsync(NameOf(digest, part), localFile, BlobCondition.None, consume: true, cancellation);

    /// <summary>Copies parts to a stream, one after the other. Nothing is proved of the whole.</summary>
    /// <exception cref="MissingContentException">One is not there; those before it are written.</exception>
    public async Task CopyAsync(string digest, IEnumerable<ContentRef> parts, Stream destination, CancellationToken cancellation = default)
    {
        foreach (var part in parts)
        {
            if (!await blobs.DownloadAsync(NameOf(digest, part), destination, cancellation))
            {
                throw new MissingContentException(part, $"{blobs.Location}/{NameOf(digest, part)}");
            }
        }
    }

    /// <summary>Removes the parts of a content, which is whole or cannot become so, and those of others that nobody has gone on with.</summary>
    public async Task RemoveAsync(string digest, CancellationToken cancellation = default)
    {
        var old = _time.GetUtcNow() - Kept;
        await foreach (var blob in blobs.ListAsync(Prefix, cancellation))
        {
            if (blob.Name.StartsWith(PrefixOf(digest), StringComparison.Ordinal) || blob.LastModified < old)
            {
                await blobs.DeleteAsync(blob.Name, BlobCondition.None, cancellation);
            }
        }
    }

    /// <summary>Every part of every content, by name.</summary>
    /// <param name="cancellation">Stops it.</param>
    public async Task<IReadOnlyList<UploadedPart>> ListAsync(CancellationToken cancellation = default)
    {
        var now = _time.GetUtcNow();
        var parts = new List<UploadedPart>();
        await foreach (var blob in blobs.ListAsync(Prefix, cancellation))
        {
            // What does not have the name of a part is no part, and nobody's to delete.
            if (blob.Name[Prefix.Length..].Split('-') is [var whole, var part] && IsDigest(whole) && IsDigest(part))
            {
                parts.Add(new UploadedPart(whole, new ContentRef(part, blob.Length), now - blob.LastModified, blob.ETag));
            }
        }
        return [.. parts.OrderBy(part => part.BlobName, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Removes those of the listed parts that nobody has gone on with for longer than they are kept; one that has arrived again since then stays.
    /// </summary>
    /// <returns>What was removed.</returns>
    public async Task<IReadOnlyList<UploadedPart>> RemoveAbandonedAsync(IEnumerable<UploadedPart> listed, CancellationToken cancellation = default)
    {
        var removed = new List<UploadedPart>();
        foreach (var part in listed.Where(part => part.IsAbandoned))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await blobs.DeleteAsync(part.BlobName, BlobCondition.Unchanged(part.ETag), cancellation);
                removed.Add(part);
            }
            catch (BlobConflictException)
            {
                // It has arrived again since it was listed, or somebody else has removed it.
            }
        }
        return removed;
    }

    private static bool IsDigest(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private static string PrefixOf(string digest) => $"{Prefix}{digest}-";

    internal static string NameOf(string digest, ContentRef part) => $"{PrefixOf(digest)}{part.Digest}";
}
