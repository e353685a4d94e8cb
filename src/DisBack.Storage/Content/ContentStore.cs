using System.Diagnostics;
using System.Security.Cryptography;
using DisBack.Specs.Files;
using DisBack.Storage.Blobs;
using DisBack.Telemetry;

namespace DisBack.Storage.Content;

/// <summary>Immutable bytes under the names of their own SHA-256: nodes, checkpoints, teachers, images.</summary>
/// <remarks>
/// Writing is idempotent, also between processes that know nothing of each other: whoever is late finds the bytes there, and makes them as young as what is
/// written now. Reading proves that the bytes are the ones asked for.
/// </remarks>
/// <param name="blobs">Where the bytes lie.</param>
public sealed class ContentStore(IBlobStore blobs)
{
    /// <summary>Stores a local file; cheap if its bytes are stored already, and replacing them if what is stored is damaged.</summary>
    /// <param name="localFile">The file; nobody may write to it meanwhile.</param>
    /// <param name="content">Its address if the caller hashed it while writing (<see cref="HashingFileStream"/>); null hashes it now.</param>
    /// <param name="consume">The local file is given up: it is gone afterwards, and a store in the same file system need not copy it.</param>
    /// <param name="cancellation">Stops the transfer.</param>
    /// <returns>The address under which the bytes can be fetched.</returns>
    public async Task<ContentRef> PutAsync(string localFile, ContentRef? content = null, bool consume = false, CancellationToken cancellation = default)
    {
        content ??= await HashAsync(localFile, cancellation);
        await PutAsync(content, condition => blobs.UploadAsync(content.BlobName, localFile, condition, consume, cancellation), cancellation);
        if (consume)
        {
            File.Delete(localFile);
        }
        return content;
    }

    /// <summary>Stores a few bytes, for example a picture.</summary>
    /// <returns>The address under which the bytes can be fetched.</returns>
    public async Task<ContentRef> PutAsync(BinaryData bytes, CancellationToken cancellation = default)
    {
        var content = new ContentRef(Convert.ToHexStringLower(SHA256.HashData(bytes.ToMemory().Span)), bytes.ToMemory().Length);
        await PutAsync(content, condition => blobs.WriteAsync(content.BlobName, bytes, condition, cancellation), cancellation);
        return content;
    }

    /// <summary>Copies the bytes to a local file, verifying them on the way.</summary>
    /// <exception cref="MissingContentException">They are not stored.</exception>
    /// <exception cref="CorruptContentException">What is stored is something else; the destination is as it was.</exception>
    public async Task FetchAsync(ContentRef content, string destination, CancellationToken cancellation = default)
    {
        await using var file = new HashingFileStream(destination);
        if (!await blobs.DownloadAsync(content.BlobName, file, cancellation))
        {
            throw Missing(content);
        }
        if (file.Digest() is var found && found != content)
        {
            throw Corrupt(content, found);
        }
        file.Commit();
        Instruments.FetchedBytes.Add(content.Length);
    }

    /// <summary>The bytes as they are stored, unverified: to read a part of them. The caller disposes the stream.</summary>
    /// <exception cref="MissingContentException">They are not stored.</exception>
    public async Task<Stream> OpenAsync(ContentRef content, CancellationToken cancellation = default) =>
        await blobs.OpenReadAsync(content.BlobName, cancellation) ?? throw Missing(content);

    /// <summary>Reads the stored bytes and proves that they are the ones the address names.</summary>
    /// <exception cref="MissingContentException">They are not stored.</exception>
    /// <exception cref="CorruptContentException">What is stored is something else.</exception>
    public async Task VerifyAsync(ContentRef content, CancellationToken cancellation = default)
    {
        using var sha = SHA256.Create();
        await using var sink = new CryptoStream(Stream.Null, sha, CryptoStreamMode.Write);
        if (await blobs.FindAsync(content.BlobName, cancellation) is not { } stored || !await blobs.DownloadAsync(content.BlobName, sink, cancellation))
        {
            throw Missing(content);
        }
        await sink.FlushFinalBlockAsync(cancellation);
        if (new ContentRef(Convert.ToHexStringLower(sha.Hash!), stored.Length) is var found && found != content)
        {
            throw Corrupt(content, found);
        }
    }

    /// <summary>Whether bytes of that address and length are stored; does not read them.</summary>
    public async Task<bool> ExistsAsync(ContentRef content, CancellationToken cancellation = default) =>
        await blobs.FindAsync(content.BlobName, cancellation) is { } stored && stored.Length == content.Length;

    /// <summary>The address of stored bytes of which only the digest is known. Does not read them.</summary>
    /// <exception cref="MissingContentException">None are stored under it.</exception>
    public async Task<ContentRef> AddressOfAsync(string digest, CancellationToken cancellation = default) =>
        await FindAsync(digest, cancellation) ?? throw Missing(new ContentRef(digest, 0));

    /// <summary>As <see cref="AddressOfAsync"/>; null if none are stored under it.</summary>
    public async Task<ContentRef?> FindAsync(string digest, CancellationToken cancellation = default) =>
        await blobs.FindAsync(new ContentRef(digest, 0).BlobName, cancellation) is { } stored ? new(digest, stored.Length) : null;

    /// <summary>Whether the store is a local folder, whose files are read in place.</summary>
    public bool IsLocal => blobs.LocalPathOf(ContentRef.Prefix.TrimEnd('/')) is not null;

    /// <summary>The local file that holds the bytes, if the store is a local folder: to be read in place, unverified. Null if the store is elsewhere.</summary>
    public string? LocalPathOf(ContentRef content) => blobs.LocalPathOf(content.BlobName);

    /// <summary>The address of a local file's bytes.</summary>
    public static async Task<ContentRef> HashAsync(string localFile, CancellationToken cancellation = default)
    {
        try
        {
            await using var file = RegularFile.Open(localFile, mayBeEmpty: true, FileOptions.Asynchronous | FileOptions.SequentialScan);
            return new(Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)), file.Length);
        }
        catch (IOException e)
        {
            throw new StorageException($"The file '{localFile}' cannot be read: {e.Message.TrimEnd('.')}; check that it exists and may be read.", e);
        }
    }

    private async Task PutAsync(ContentRef content, Func<BlobCondition, Task> write, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await write(BlobCondition.Missing);
        }
        catch (BlobConflictException)
        {
            try
            {
                await VerifyAsync(content, cancellation);
                // Whoever collects garbage must not take for old what is about to be referred to again.
                if (await blobs.RenewAsync(content.BlobName, cancellation))
                {
                    return;
                }
            }
            catch (StorageException e) when (e is CorruptContentException or MissingContentException)
            {
                // A deterministic run that fell back behind a damaged checkpoint writes that very checkpoint again, and so heals it.
            }
            await write(BlobCondition.None);
        }
        Instruments.UploadSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        Instruments.UploadedBytes.Add(content.Length);
    }

    private MissingContentException Missing(ContentRef content) => new(content, Where(content));

    private CorruptContentException Corrupt(ContentRef content, ContentRef found)
    {
        Instruments.CorruptContents.Add(1);
        return new(content, Where(content), found.Length == content.Length
            ? $"its bytes hash to {found.Digest}"
            : $"it has {found.Length} bytes instead of {content.Length}");
    }

    private string Where(ContentRef content) => blobs.LocalPathOf(content.BlobName) ?? $"{blobs.Location}/{content.BlobName}";
}
