using System.Text;
using Parquet;

namespace DisBack.Storage.Metrics;

/// <summary>Writes chunks into a column file in memory, a group of rows at a time.</summary>
internal sealed class ColumnFileWriter : IAsyncDisposable
{
    private readonly MemoryStream _file = new();
    private readonly List<int> _kinds = [];
    private readonly List<long> _steps = [];
    private readonly List<string> _names = [];
    private readonly List<double> _values = [];
    private readonly List<long> _ticks = [];
    private readonly List<string?> _texts = [];
    private ParquetWriter? _writer;

    /// <summary>Rows so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Adds a chunk that is whole.</summary>
    public async Task AddAsync(MetricChunk chunk, CancellationToken cancellation)
    {
        var header = chunk.Header!;
        await AddAsync(RowKind.Header, header.ResumedAt, chunk.File, 0, header.Time, chunk.Id, cancellation);
        foreach (var line in chunk.Lines)
        {
            await (line switch
            {
                { Point: { } point } => AddAsync(RowKind.Point, point.Step, point.Name, point.Value, point.Time, null, cancellation),
                { Event: { } happened } => AddAsync(
                    RowKind.Event,
                    happened.Step,
                    happened.Kind,
                    0,
                    happened.Time,
                    Encoding.UTF8.GetString(MetricChunk.Line(line).Span),
                    cancellation),
                _ => throw new ArgumentException("A line of the chunk is neither a point nor an event.", nameof(chunk)),
            });
        }
    }

    /// <summary>Ends the file.</summary>
    /// <returns>Its bytes.</returns>
    public async Task<BinaryData> FinishAsync(CancellationToken cancellation)
    {
        await WriteGroupAsync(cancellation);
        await DisposeAsync();
        return BinaryData.FromBytes(_file.GetBuffer().AsMemory(0, (int)_file.Length));
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
            // Same without '_writer = null;': what a second disposal appends is behind the bytes that were given.
            _writer = null;
        }
    }

    private async Task AddAsync(RowKind kind, long step, string name, double value, DateTimeOffset time, string? text, CancellationToken cancellation)
    {
        _kinds.Add((int)kind);
        _steps.Add(step);
        _names.Add(name);
        _values.Add(value);
        _ticks.Add(time.UtcTicks);
        _texts.Add(text);
        Rows++;
        if (_kinds.Count == ColumnFile.GroupRows)
        {
            await WriteGroupAsync(cancellation);
        }
    }

    private async Task WriteGroupAsync(CancellationToken cancellation)
    {
        if (_kinds.Count == 0)
        {
            return;
        }
        if (_writer is null)
        {
            _writer = await ParquetWriter.CreateAsync(ColumnFile.Schema, _file, ColumnFile.Options(), append: false, cancellation);
            _writer.CustomMetadata = new Dictionary<string, string> { [ColumnFile.SchemaKey] = ColumnFile.CurrentSchema };
        }
        using var group = _writer.CreateRowGroup();
        await group.WriteAsync<int>(ColumnFile.Kind, _kinds.ToArray(), cancellationToken: cancellation);
        await group.WriteAsync<long>(ColumnFile.Step, _steps.ToArray(), cancellationToken: cancellation);
        await group.WriteAsync(ColumnFile.Name, _names);
        await group.WriteAsync<double>(ColumnFile.Value, _values.ToArray(), cancellationToken: cancellation);
        await group.WriteAsync<long>(ColumnFile.Ticks, _ticks.ToArray(), cancellationToken: cancellation);
        await group.WriteAsync(ColumnFile.Text, _texts!);
        _kinds.Clear();
        _steps.Clear();
        _names.Clear();
        _values.Clear();
        _ticks.Clear();
        _texts.Clear();
    }
}
