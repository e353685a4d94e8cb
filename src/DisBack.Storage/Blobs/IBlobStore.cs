namespace DisBack.Storage.Blobs;

/// <summary>
/// Named byte strings with conditional writes: the one durable thing of DisBack. A blob is always seen whole; an interrupted write leaves
/// what was there before.
/// </summary>
/// <remarks>
/// Names are segments separated by <c>/</c>. A segment may hold any character but backslashes and control characters, which Azure would
/// change on the way, and must not be empty or of dots alone. All methods throw <see cref="StorageException"/> when the store cannot be
/// used, and are safe to call from many threads.
/// </remarks>
public interface IBlobStore
{
    /// <summary>Where the store is, for messages: a folder or a container's address. Holds no secret.</summary>
    string Location { get; }

    /// <summary>Creates the folder or container if needed and proves that it can be used.</summary>
    Task InitializeAsync(CancellationToken cancellation = default);

    /// <summary>A blob's length and ETag; null if there is none of that name.</summary>
    Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation = default);

    /// <summary>A small blob and its ETag; null if there is none of that name.</summary>
    Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation = default);

    /// <summary>
    /// A blob of any size, to be read in part: a stream that can seek fetches only what is read. Null if there is none of that name. The caller
    /// disposes it.
    /// </summary>
    Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation = default);

    /// <summary>Copies a blob of any size, in order, to <paramref name="destination"/>; false, with nothing written, if there is none of that name.</summary>
    Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation = default);

    /// <summary>Writes a small blob.</summary>
    /// <returns>The ETag of what was written; it differs from every earlier one, also for equal bytes.</returns>
    /// <exception cref="BlobConflictException">The condition did not hold.</exception>
    Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation = default);

    /// <summary>Writes a local file of any size: in parallel blocks and one commit, or as a copy.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="localFile">The file; nobody may write to it meanwhile.</param>
    /// <param name="condition">What must be true of the blob.</param>
    /// <param name="consume">
    /// The local file is given up: it is gone when this returns, and a store in the same file system takes it without copying. After a conflict it is still
    /// there.
    /// </param>
    /// <param name="cancellation">Stops the transfer; nothing is then visible under the name.</param>
    /// <returns>The ETag of what was written.</returns>
    /// <exception cref="BlobConflictException">
    /// The condition did not hold. Creation looks before it transfers, so a blob that is already there costs one request.
    /// </exception>
    Task<string> UploadAsync(string name, string localFile, BlobCondition condition, bool consume = false, CancellationToken cancellation = default);

    /// <summary>Deletes a blob.</summary>
    /// <returns>False if there was none and none was demanded.</returns>
    /// <exception cref="BlobConflictException">An ETag was demanded and the blob is another or gone.</exception>
    Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation = default);

    /// <summary>Makes a blob as young as one that is written now, with another ETag and the same bytes.</summary>
    /// <returns>False if there is none of that name.</returns>
    Task<bool> RenewAsync(string name, CancellationToken cancellation = default);

    /// <summary>The blobs whose names start with <paramref name="prefix"/>, in ordinal order of their names.</summary>
    IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation = default);

    /// <summary>
    /// The blobs <c>{folder}{one segment}/{leaf}</c>, in ordinal order of their names: the documents of a kind. A store of files looks at nothing but these.
    /// </summary>
    /// <param name="folder">What their names start with, up to and with a <c>/</c>.</param>
    /// <param name="leaf">The last segment of their names.</param>
    /// <param name="cancellation">Stops the listing.</param>
    IAsyncEnumerable<BlobInfo> ListAsync(string folder, string leaf, CancellationToken cancellation = default) =>
        ListAsync(folder, cancellation).Where(blob => blob.Name[folder.Length..].Split('/') is [_, var last] && last == leaf);

    /// <summary>
    /// Which documents may have changed, so that a copy of them need not look at all of them. A store that keeps no account answers everything.
    /// </summary>
    /// <param name="since">The position of an earlier answer; null has seen nothing.</param>
    /// <param name="cancellation">Stops the look.</param>
    Task<BlobChanges> ChangesAsync(string? since, CancellationToken cancellation = default) => Task.FromResult(BlobChanges.Unknown);

    /// <summary>Has every copy look at all documents the next time, because something other than the store may have changed them.</summary>
    Task ForgetChangesAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    /// <summary>
    /// The local file behind a blob, whether or not it exists, so that immutable content can be read in place; null if the store is elsewhere.
    /// Readers only: the file belongs to the store.
    /// </summary>
    string? LocalPathOf(string name);
}
