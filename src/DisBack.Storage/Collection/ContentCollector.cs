using DisBack.Storage.Blobs;

namespace DisBack.Storage.Collection;

/// <summary>Finds and removes the contents of a store that no document refers to.</summary>
/// <remarks>
/// It is safe while others store contents, because a content is stored before a document refers to it, and what is stored again becomes young again. So the
/// contents are listed first and the documents read afterwards, what is younger than the grace period stays, and a content is deleted only in the version that
/// was listed. Whoever refers to an old content without storing it must be kept out: a process takes the data folder before it does so.
/// </remarks>
/// <param name="blobs">The store.</param>
/// <param name="time">The clock; null is the system's.</param>
public sealed class ContentCollector(IBlobStore blobs, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Decides on every content; changes nothing.</summary>
    /// <param name="grace">The age from which on a content is removed that nothing refers to.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="StorageException">A document cannot be read, so nobody knows what it refers to.</exception>
    public async Task<ContentPlan> PlanAsync(TimeSpan grace, CancellationToken cancellation = default)
    {
        var now = _time.GetUtcNow();
        var listed = new SortedDictionary<string, BlobInfo>(StringComparer.Ordinal);
        await foreach (var blob in blobs.ListAsync(ContentRef.Prefix, cancellation))
        {
            // What does not have the name of a content is no content, and nobody's to delete.
            if (blob.Name[(blob.Name.LastIndexOf('/') + 1)..] is { Length: 64 } digest && digest.All(char.IsAsciiHexDigitLower)
                && new ContentRef(digest, 0).BlobName == blob.Name)
            {
                listed.Add(digest, blob);
            }
        }
        var documents = new DocumentMarks(blobs, listed.Keys);
        await documents.ReadAsync(cancellation);
        return new ContentPlan(
            [
                .. listed.Select(content =>
                {
                    var (mark, age) = (documents.Of(content.Key), now - content.Value.LastModified);
                    var fate = mark is not null ? ContentFate.Referred : age < grace ? ContentFate.Young : ContentFate.Unreferenced;
                    return new ContentVerdict(new ContentRef(content.Key, content.Value.Length), age, fate, mark?.Document, mark?.Documents ?? 0);
                }),
            ],
            listed,
            documents);
    }

    /// <summary>
    /// Removes what a plan condemns, one content after another. What a document refers to since then stays, and so does what was stored again.
    /// </summary>
    /// <returns>What was removed.</returns>
    /// <exception cref="StorageException">A document cannot be read; nothing was removed.</exception>
    public async Task<IReadOnlyList<ContentVerdict>> SweepAsync(ContentPlan plan, CancellationToken cancellation = default)
    {
        await plan.Documents.ReadAsync(cancellation);
        var removed = new List<ContentVerdict>();
        foreach (var verdict in plan.Of(ContentFate.Unreferenced).Where(verdict => plan.Documents.Of(verdict.Content.Digest) is null))
        {
            cancellation.ThrowIfCancellationRequested();
            var blob = plan.Listed[verdict.Content.Digest];
            try
            {
                await blobs.DeleteAsync(blob.Name, BlobCondition.Unchanged(blob.ETag), cancellation);
                removed.Add(verdict);
            }
            catch (BlobConflictException)
            {
                // Stored again since it was listed, or removed by somebody else.
            }
        }
        return removed;
    }
}
