namespace DisBack.Storage.Blobs;

/// <summary>What a listing says about a blob.</summary>
/// <param name="Name">The blob's full name, segments separated by <c>/</c>.</param>
/// <param name="Length">Bytes.</param>
/// <param name="LastModified">When it was written.</param>
/// <param name="ETag">The version of the content, for <see cref="BlobCondition.Unchanged"/>.</param>
public sealed record BlobInfo(string Name, long Length, DateTimeOffset LastModified, string ETag);

/// <summary>A small blob, read whole.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="ETag">The version of exactly these bytes.</param>
public sealed record BlobContent(BinaryData Content, string ETag);
