using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Schema;

namespace DisBack.Storage.Metrics;

/// <summary>Reads a column file back into the chunks that it holds.</summary>
internal static class ColumnFileReader
{
    /// <summary>
    /// The chunks of a column file. Nothing is parsed unless the bytes are those that were written, which the name tells: the Parquet library
    /// trusts the sizes in a file, so that one flipped bit can have it allocate gigabytes or read for ever.
    /// </summary>
    /// <param name="name">The name of the blob.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="attempt">The attempt in whose folder it lies.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">It cannot be read; the message says why.</exception>
    public static async IAsyncEnumerable<MetricChunk> ReadAsync(
        string name, BinaryData content, int attempt, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (ChunkNames.DigestOf(content) != ChunkNames.DigestOf(name))
        {
            throw new InvalidDataException("its bytes are not those that were written");
        }
        await using var reader = await TryAsync(() => OpenAsync(content, cancellation));
        (string File, string Id, ChunkHeader Header, RowLines Lines)? open = null;
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            var rows = await TryAsync(() => RowsAsync(reader, group, cancellation));
            for (var row = 0; row < rows.Kinds.Length; row++)
            {
                if (rows.Kinds[row] == (int)RowKind.Header)
                {
                    if (open is { } complete)
                    {
                        yield return new MetricChunk(complete.File, complete.Id, complete.Header, complete.Lines);
                    }
                    var header = new ChunkHeader(ChunkHeader.CurrentSchema, attempt, rows.Steps[row], rows.Time(row));
                    open = (rows.Name(row), rows.Texts[row] ?? "", header, new RowLines());
                    continue;
                }
                (open ?? throw new InvalidDataException("a row is before the first header")).Lines.Add(rows, row);
            }
        }
        if (open is { } last)
        {
            yield return new MetricChunk(last.File, last.Id, last.Header, last.Lines);
        }
    }

    private static async Task<ParquetReader> OpenAsync(BinaryData content, CancellationToken cancellation)
    {
        var reader = await ParquetReader.CreateAsync(content.ToStream(), cancellationToken: cancellation);
        if (reader.CustomMetadata.GetValueOrDefault(ColumnFile.SchemaKey) is var schema && schema != ColumnFile.CurrentSchema)
        {
            await reader.DisposeAsync();
            throw new InvalidDataException($"its columns are of schema '{schema}', which this version does not know");
        }
        // The library would shift the values of a column in which some may be missing.
        if (!Columns(reader.Schema).SequenceEqual(Columns(ColumnFile.Schema)))
        {
            await reader.DisposeAsync();
            throw new InvalidDataException("its columns are not those of its schema");
        }
        return reader;

        static IEnumerable<(string Name, bool IsNullable)> Columns(ParquetSchema schema) =>
            schema.DataFields.Select(field => (field.Name, field.IsNullable));
    }

    private static async Task<ColumnRows> RowsAsync(ParquetReader reader, int index, CancellationToken cancellation)
    {
        // The library hardly looks.
        cancellation.ThrowIfCancellationRequested();
        using var group = reader.OpenRowGroupReader(index);
        // Less than none is most of all without a sign.
        if ((ulong)group.RowCount > ColumnFile.GroupRows)
        {
            throw new InvalidDataException($"a group has {group.RowCount} rows");
        }
        var rows = new ColumnRows((int)group.RowCount);
        await group.ReadAsync<int>(ColumnFile.Kind, rows.Kinds, cancellationToken: cancellation);
        await group.ReadAsync<long>(ColumnFile.Step, rows.Steps, cancellationToken: cancellation);
        await group.ReadAsync(ColumnFile.Name, rows.Names, cancellationToken: cancellation);
        await group.ReadAsync<double>(ColumnFile.Value, rows.Values, cancellationToken: cancellation);
        await group.ReadAsync<long>(ColumnFile.Ticks, rows.Ticks, cancellationToken: cancellation);
        await group.ReadAsync(ColumnFile.Text, rows.Texts, cancellationToken: cancellation);
        return rows;
    }

    /// <summary>The library has many exceptions for a file that is none.</summary>
    private static async Task<T> TryAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        // Same with 'OperationCanceledException or InvalidDataException': no test uses up all memory.
        catch (Exception e) when (e is not (OperationCanceledException or InvalidDataException or OutOfMemoryException))
        {
            throw new InvalidDataException($"it is no file of columns ({e.Message.TrimEnd('.')})", e);
        }
    }
}
