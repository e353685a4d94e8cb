using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>Everything that the folder of one attempt holds, in the order in which it was written, whichever form it is in.</summary>
/// <param name="Columns">The column files that were read.</param>
/// <param name="Chunks">The chunks.</param>
/// <param name="Damage">A sentence for each column file or chunk that is damaged.</param>
internal sealed record AttemptLog(IReadOnlySet<string> Columns, IReadOnlyList<MetricChunk> Chunks, IReadOnlyList<string> Damage)
{
    /// <summary>Reads what was listed of a folder. What is gone by now is left out: columns that replace it are in the next listing.</summary>
    public static async Task<AttemptLog> ReadAsync(IBlobStore blobs, string folder, IReadOnlyList<BlobInfo> listed, CancellationToken cancellation)
    {
        var chunks = new Dictionary<(string File, string Id), MetricChunk>();
        var damage = new List<string>();
        var columns = listed.Where(blob => ChunkNames.IsColumns(blob.Name)).ToList();
        foreach (var file in columns)
        {
            try
            {
                if (await ReadColumnsAsync(blobs, file, cancellation) is not { } content)
                {
                    continue;
                }
                // None counts before all are read: what a damaged file covers may still be there as chunks.
                var covered = await ColumnFileReader.ReadAsync(file.Name, content, ChunkNames.AttemptOf(folder) ?? 0, cancellation)
                    .ToListAsync(cancellation);
                covered.ForEach(chunk => chunks.TryAdd((chunk.File, chunk.Id), chunk));
            }
            catch (InvalidDataException e)
            {
                damage.Add($"The metric columns '{file.Name}' in {blobs.Location} are damaged: {e.Message}; what cannot be read is left out of the curves.");
            }
        }
        foreach (var chunk in listed.Where(blob => ChunkNames.IsChunk(blob.Name)))
        {
            if (await blobs.ReadAsync(chunk.Name, cancellation) is not { } blob)
            {
                continue;
            }
            var file = ChunkNames.FileOf(chunk.Name);
            if (chunks.ContainsKey((file, MetricChunk.IdOf(blob.Content))))
            {
                continue;
            }
            var read = MetricChunk.Parse(file, blob.Content);
            if (read.Damaged is { } line)
            {
                damage.Add($"The metric chunk '{chunk.Name}' in {blobs.Location} is damaged at line {line}; what cannot be read is left out of the curves.");
            }
            chunks.Add((file, read.Id), read);
        }
        return new AttemptLog(
            columns.Select(file => file.Name).ToHashSet(),
            [.. chunks.Values.GroupBy(chunk => chunk.File).SelectMany(InTurn).OrderBy(chunk => chunk.Turn)
                .ThenBy(chunk => chunk.Chunk.File, StringComparer.Ordinal).Select(chunk => chunk.Chunk)],
            damage);
    }

    /// <summary>
    /// Chunks of one name: the first has it by right, and what a late writer left in its place comes after all others, as if it had found it there.
    /// </summary>
    private static IEnumerable<(int Turn, MetricChunk Chunk)> InTurn(IEnumerable<MetricChunk> named) =>
        named.OrderBy(chunk => chunk.Header?.Time).ThenBy(chunk => chunk.Id, StringComparer.Ordinal).Select((chunk, turn) => (turn, chunk));

    /// <summary>The bytes of a column file; null if it is gone.</summary>
    /// <exception cref="InvalidDataException">It is too long to be one.</exception>
    public static async Task<BinaryData?> ReadColumnsAsync(IBlobStore blobs, BlobInfo file, CancellationToken cancellation) =>
        file.Length <= ColumnFile.MaxBytes
            ? (await blobs.ReadAsync(file.Name, cancellation))?.Content
            : throw new InvalidDataException($"it has {file.Length} bytes, and no column file has more than {ColumnFile.MaxBytes}");
}
