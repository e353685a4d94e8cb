using System.Collections;

namespace DisBack.Storage.Metrics;

/// <summary>The lines of a chunk in a column file. Points, which are nearly all of them, stay in columns until somebody wants them as lines.</summary>
internal sealed class RowLines : IReadOnlyList<ChunkLine>
{
    private readonly List<(ColumnRows Rows, int Row, ChunkLine? Event)> _lines = [];

    public int Count => _lines.Count;

    /// <summary>The event of each line; null for a point.</summary>
    public IEnumerable<MetricEvent?> Events => _lines.Select(line => line.Event?.Event);

    public ChunkLine this[int index] => _lines[index] is var (rows, row, happened) && happened is not null ? happened : new ChunkLine(rows.Point(row));

    /// <summary>Adds a row.</summary>
    /// <exception cref="InvalidDataException">It is neither a point nor an event.</exception>
    public void Add(ColumnRows rows, int row) => _lines.Add((rows, row, rows.EventOf(row)));

    /// <summary>Adds the points to the columns of their metrics, up to a step.</summary>
    public void AddTo(MetricColumnsBuilder columns, long lastStep)
    {
        foreach (var (rows, row, happened) in _lines)
        {
            if (happened is null && rows.Steps[row] <= lastStep)
            {
                columns.Add(rows.Name(row), rows.Steps[row], rows.Values[row], rows.Ticks[row]);
            }
        }
    }

    public IEnumerator<ChunkLine> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
