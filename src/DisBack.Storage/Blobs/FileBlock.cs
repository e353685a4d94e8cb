namespace DisBack.Storage.Blobs;

/// <summary>A piece of a large file, which travels by itself.</summary>
/// <param name="Offset">Where it begins in the file, in bytes.</param>
/// <param name="Content">The digest and the length of its bytes.</param>
public readonly record struct FileBlock(long Offset, ContentRef Content);
