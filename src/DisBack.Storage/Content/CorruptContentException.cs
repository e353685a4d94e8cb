namespace DisBack.Storage.Content;

/// <summary>Stored bytes are not the ones that their digest names: damaged, truncated or replaced.</summary>
/// <param name="content">What was asked for.</param>
/// <param name="where">The store and blob, or the file.</param>
/// <param name="found">What is wrong with the bytes that are there.</param>
public sealed class CorruptContentException(ContentRef content, string where, string found)
    : StorageException(
        $"The content sha256:{content.Digest} at {where} is damaged ({found}); restore it from a copy, or let the run fall back to an earlier checkpoint.")
{
    /// <summary>What was asked for.</summary>
    public ContentRef Content { get; } = content;

    /// <summary>The store and blob, or the file.</summary>
    public string Where { get; } = where;
}

/// <summary>No bytes are stored for a digest.</summary>
/// <param name="content">What was asked for.</param>
/// <param name="where">The store and blob.</param>
public sealed class MissingContentException(ContentRef content, string where)
    : StorageException($"The content sha256:{content.Digest} is missing at {where}; restore it from a copy, or let the run fall back to an earlier checkpoint.")
{
    /// <summary>What was asked for.</summary>
    public ContentRef Content { get; } = content;
}
