using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>
/// Replaces the chunks of attempts that have ended by column files, a tenth as long. Whatever interrupts it, and whoever else does the same, the history
/// that <see cref="MetricReader"/> gives does not change: a column file is created before any chunk goes, read back from the store, and only a chunk
/// whose bytes follow from it is deleted. What is damaged, torn or of another version stays as it is.
/// </summary>
/// <param name="blobs">Where chunks lie.</param>
/// <param name="fileRows">
/// A file is ended by the chunk that brings it to so many rows, so that neither writing nor reading one takes more memory than some 100 MiB.
/// </param>
public sealed class MetricCompactor(IBlobStore blobs, int fileRows = 1 << 20)
{
    /// <summary>Less than that is not worth a file of columns, whose description alone is more than 1 KiB.</summary>
    private const long LeastBytes = 4 << 10;

    /// <summary>A chunk is as long as the writer's buffer and what was added while it was being flushed; a longer one is kept.</summary>
    private const long MostChunkBytes = 32 << 20;

    /// <summary>Chunks that lead to one column file at most.</summary>
    private const long MostBytes = 128 << 20;

    /// <summary>Compacts every attempt that has ended. To be called again it is enough that it was interrupted or that more was written.</summary>
    /// <param name="run">The run, as its <see cref="MetricWriter"/> was told.</param>
    /// <param name="hasEnded">Whether an attempt is over. A writer of it that does not know yet does no harm.</param>
    /// <param name="cancellation">Stops it between two operations on blobs.</param>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public async Task CompactAsync(string run, Func<int, bool> hasEnded, CancellationToken cancellation = default)
    {
        foreach (var (folder, files) in await MetricFolders.ListAsync(blobs, run, cancellation))
        {
            if (ChunkNames.AttemptOf(folder) is { } attempt && hasEnded(attempt))
            {
                await CompactAsync(folder, attempt, files, cancellation);
            }
        }
    }

    private async Task CompactAsync(string folder, int attempt, List<BlobInfo> files, CancellationToken cancellation)
    {
        var chunks = files.Where(file => ChunkNames.IsChunk(file.Name)).ToList();
        if (chunks.Count == 0)
        {
            return;
        }
        foreach (var columns in files.Where(file => ChunkNames.IsColumns(file.Name)))
        {
            try
            {
                if (await AttemptLog.ReadColumnsAsync(blobs, columns, cancellation) is { } content)
                {
                    await DeleteAsync(await CoveredAsync(columns.Name, content, folder, attempt, cancellation), cancellation);
                }
            }
            catch (InvalidDataException)
            {
                // Readers name the damage; what the file covers stays, as chunks.
            }
        }
        var rest = new Queue<BlobInfo>(chunks.Where(chunk => chunk.Length <= MostChunkBytes));
        while (rest.Sum(chunk => chunk.Length) >= LeastBytes)
        {
            await WriteAsync(folder, attempt, rest, cancellation);
        }
    }

    /// <summary>Writes one column file of the first chunks, and deletes them.</summary>
    private async Task WriteAsync(string folder, int attempt, Queue<BlobInfo> rest, CancellationToken cancellation)
    {
        await using var writer = new ColumnFileWriter();
        var added = new HashSet<string>();
        var bytes = 0L;
        // Same with 'bytes <= MostBytes': a chunk more or less at a length that no attempt has had.
        while (writer.Rows < fileRows && bytes < MostBytes && rest.TryDequeue(out var listed))
        {
            if (await blobs.ReadAsync(listed.Name, cancellation) is { } blob && MetricChunk.Parse(ChunkNames.FileOf(listed.Name), blob.Content) is var chunk
                && chunk.IsAllOf(attempt, blob.Content))
            {
                await writer.AddAsync(chunk, cancellation);
                added.Add(listed.Name);
                bytes += listed.Length;
            }
        }
        if (bytes < LeastBytes)
        {
            return;
        }
        var content = await writer.FinishAsync(cancellation);
        // Same with 'content.Length > Math.Min(bytes, ColumnFile.MaxBytes)': of one length, either form will do.
        if (content.Length >= Math.Min(bytes, ColumnFile.MaxBytes))
        {
            return;
        }
        var name = ChunkNames.OfColumns(folder, ChunkNames.DigestOf(content));
        var covered = await CoveredAsync(name, content, folder, attempt, cancellation);
        await DemandAsync(added.Except(covered.Keys), cancellation);
        try
        {
            await blobs.WriteAsync(name, content, BlobCondition.Missing, cancellation);
        }
        catch (BlobConflictException)
        {
            // The same bytes, written by another one or by a call whose answer was lost.
        }
        if (await blobs.ReadAsync(name, cancellation) is { } written && ChunkNames.DigestOf(written.Content) == ChunkNames.DigestOf(content))
        {
            await DeleteAsync(covered, cancellation);
        }
    }

    /// <summary>The chunks that are there and whose very bytes follow from a column file, with their ETags.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read to its end.</exception>
    private async Task<Dictionary<string, string>> CoveredAsync(
        string columns, BinaryData content, string folder, int attempt, CancellationToken cancellation)
    {
        var covered = new Dictionary<string, string>();
        await foreach (var chunk in ColumnFileReader.ReadAsync(columns, content, attempt, cancellation))
        {
            var name = $"{folder}/{chunk.File}";
            if (await blobs.ReadAsync(name, cancellation) is { } blob && chunk.IsAllOf(attempt, blob.Content))
            {
                covered[name] = blob.ETag;
            }
        }
        return covered;
    }

    /// <summary>Readers prefer columns to chunks, so none may become visible that tell anything else.</summary>
    private async Task DemandAsync(IEnumerable<string> uncovered, CancellationToken cancellation)
    {
        foreach (var chunk in uncovered)
        {
            // Gone if another compaction was faster.
            if (await blobs.FindAsync(chunk, cancellation) is not null)
            {
                throw new StorageException(
                    $"The metric chunk '{chunk}' in {blobs.Location} does not read back from columns as it was, so it is kept; report this as a bug, with it.");
            }
        }
    }

    private async Task DeleteAsync(Dictionary<string, string> covered, CancellationToken cancellation)
    {
        foreach (var (name, etag) in covered)
        {
            try
            {
                await blobs.DeleteAsync(name, BlobCondition.Unchanged(etag), cancellation);
            }
            catch (BlobConflictException)
            {
                // Another compaction has deleted it.
            }
        }
    }
}
