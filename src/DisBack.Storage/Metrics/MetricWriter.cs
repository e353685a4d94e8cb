using System.Text.Json;
using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>Appends the points and events of one attempt of a run, in create-only chunks.</summary>
/// <remarks>
/// Adding is cheap, never blocks on storage and may happen on any thread; what is not flushed is lost with the process, so flush at every
/// checkpoint: then the curves never end before the weights do.
/// </remarks>
/// <param name="blobs">Where chunks lie.</param>
/// <param name="run">The run, for example a trial id; may hold '/'.</param>
/// <param name="attempt">The attempt of the run.</param>
/// <param name="resumedAt">
/// The last step that was complete when this attempt began; 0 for a first attempt. Later points of earlier attempts no longer count. An attempt that ends
/// before it has resumed has computed nothing again: <see cref="long.MaxValue"/>.
/// </param>
/// <param name="chunkBytes">How much is buffered before <see cref="IsFull"/>.</param>
/// <param name="time">The clock of the chunk headers; null is the system's.</param>
public sealed class MetricWriter(
    IBlobStore blobs,
    string run,
    int attempt,
    long resumedAt,
    int chunkBytes = 256 << 10,
    TimeProvider? time = null) : IAsyncDisposable
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private readonly Lock _adding = new();
    private MemoryStream _lines = new();
    private byte[]? _unwritten;
    private int _sequence = 1;
    private bool _hasMeasurements;

    /// <summary>Whether enough is buffered for a chunk of its own.</summary>
    public bool IsFull
    {
        get
        {
            lock (_adding)
            {
                return _lines.Length >= chunkBytes;
            }
        }
    }

    /// <summary>Whether more than lines of a log waits to be written.</summary>
    private bool HasMeasurements
    {
        get
        {
            lock (_adding)
            {
                return _hasMeasurements || _unwritten is not null;
            }
        }
    }

    /// <summary>Adds a point.</summary>
    public void Add(MetricPoint point) => Add(new ChunkLine(Point: point), isMeasured: true);

    /// <summary>Adds an event.</summary>
    public void Add(MetricEvent happened) => Add(new ChunkLine(Event: happened), isMeasured: true);

    /// <summary>Adds a line of the log.</summary>
    /// <param name="level">How much it matters.</param>
    /// <param name="step">The training step; <see cref="LogEvents.NoStep"/> before there is one.</param>
    /// <param name="silo">The name of the worker.</param>
    /// <param name="text">What happened.</param>
    /// <param name="written">When.</param>
    public void AddLine(LogSeverity level, long step, string silo, string text, DateTimeOffset written) =>
        Add(new ChunkLine(Event: LogEvents.Of(level, step, silo, text, written)), isMeasured: false);

    /// <summary>Writes what is buffered, unless that is lines of the log alone, which are not worth a chunk.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public Task FlushMeasurementsAsync(CancellationToken cancellation = default) => HasMeasurements ? FlushAsync(cancellation) : Task.CompletedTask;

    /// <summary>Writes what is buffered as one chunk; nothing if nothing is. What could not be written is kept for the next flush.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        await _flushing.WaitAsync(cancellation);
        try
        {
            // A chunk that failed half-known is repeated byte for byte, so that it can be recognised if it had arrived after all.
            while ((_unwritten ??= TakeChunk()) is { } chunk)
            {
                await WriteAsync(chunk, cancellation);
                _unwritten = null;
            }
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>Flushes.</summary>
    public async ValueTask DisposeAsync()
    {
        await FlushAsync();
        _flushing.Dispose();
        await _lines.DisposeAsync();
    }

    private void Add(ChunkLine line, bool isMeasured)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(line, ChunkJson.Options);
        lock (_adding)
        {
            _lines.Write(json);
            _lines.WriteByte((byte)'\n');
            _hasMeasurements |= isMeasured;
        }
    }

    private byte[]? TakeChunk()
    {
        lock (_adding)
        {
            if (_lines.Length == 0)
            {
                return null;
            }
            var header = JsonSerializer.SerializeToUtf8Bytes(
                new ChunkHeader(ChunkHeader.CurrentSchema, attempt, resumedAt, _time.GetUtcNow()),
                ChunkJson.Options);
            byte[] chunk = [.. header, (byte)'\n', .. _lines.ToArray()];
            (_lines, _hasMeasurements) = (new(), false);
            return chunk;
        }
    }

    private async Task WriteAsync(byte[] chunk, CancellationToken cancellation)
    {
        while (true)
        {
            var name = ChunkNames.Of(run, attempt, _sequence);
            try
            {
                await blobs.WriteAsync(name, BinaryData.FromBytes(chunk), BlobCondition.Missing, cancellation);
                _sequence++;
                return;
            }
            catch (BlobConflictException)
            {
                // Either this very chunk, written by a call whose answer was lost, or an earlier writer of the same attempt: never overwrite it.
                var stored = await blobs.ReadAsync(name, cancellation);
                _sequence++;
                if (stored is not null && stored.Content.ToMemory().Span.SequenceEqual(chunk))
                {
                    return;
                }
            }
        }
    }
}
