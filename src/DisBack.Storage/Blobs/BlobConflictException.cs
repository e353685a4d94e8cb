namespace DisBack.Storage.Blobs;

/// <summary>A <see cref="BlobCondition"/> did not hold: somebody else created, changed or deleted the blob first. Nothing was written.</summary>
/// <param name="name">The blob.</param>
/// <param name="expectedETag">The ETag that was demanded; null when the blob was to be created.</param>
/// <param name="storedETag">The ETag of what is stored, null when nothing is or when the store does not tell.</param>
/// <param name="inner">The store's own error, if it raised one.</param>
public sealed class BlobConflictException(string name, string? expectedETag, string? storedETag = null, Exception? inner = null)
    : StorageException(
        expectedETag is null
            ? $"The blob '{name}' exists already, so it was not created; read it and decide again."
            : $"The blob '{name}' was changed or deleted by another writer since it was read (its ETag was {expectedETag}); read it and decide again.",
        inner)
{
    /// <summary>The blob.</summary>
    public string Name { get; } = name;

    /// <summary>The ETag that was demanded; null when the blob was to be created.</summary>
    public string? ExpectedETag { get; } = expectedETag;

    /// <summary>The ETag of what is stored, null when nothing is or when the store does not tell.</summary>
    public string? StoredETag { get; } = storedETag;
}
