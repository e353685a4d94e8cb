namespace DisBack.Storage.Blobs;

/// <summary>What must be true of a blob for a write or a deletion to happen.</summary>
public readonly record struct BlobCondition
{
    private BlobCondition(string? etag, bool mustBeMissing) => (ETag, MustBeMissing) = (etag, mustBeMissing);

    /// <summary>No condition: whatever is there is replaced or deleted.</summary>
    public static BlobCondition None => default;

    /// <summary>The blob does not exist yet: of any number of concurrent writers exactly one succeeds.</summary>
    public static BlobCondition Missing => new(null, mustBeMissing: true);

    /// <summary>The blob is still the one that was read or written with this ETag.</summary>
    public static BlobCondition Unchanged(string etag) => new(etag, mustBeMissing: false);

    /// <summary>The ETag that the blob must have; null when there is no such demand.</summary>
    public string? ETag { get; }

    /// <summary>Whether the blob must not exist.</summary>
    public bool MustBeMissing { get; }
}
