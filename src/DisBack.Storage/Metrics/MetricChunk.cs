using System.Text.Json;

namespace DisBack.Storage.Metrics;

/// <summary>What one flush of an attempt wrote, as far as it can be read.</summary>
/// <param name="File">The name of the chunk within the folder of its attempt.</param>
/// <param name="Id">The start of the digest of the chunk's bytes: with the name it tells a chunk from one that a late writer left in its place.</param>
/// <param name="Header">The first line; null if it is damaged, and then nothing tells up to which step the points count.</param>
/// <param name="Lines">The other lines.</param>
/// <param name="Damaged">The number of the first line that is damaged; null if none is. A torn last line is not damage.</param>
internal sealed record MetricChunk(string File, string Id, ChunkHeader? Header, IReadOnlyList<ChunkLine> Lines, int? Damaged = null)
{
    private const int IdLength = 16;

    /// <summary>The lines that are events, with their numbers from 1. Points of columns are not made for it.</summary>
    public IEnumerable<(int Number, MetricEvent Event)> Events =>
        (Lines is RowLines rows ? rows.Events : Lines.Select(line => line.Event)).Index().Where(line => line.Item is not null)
            .Select(line => (line.Index + 1, line.Item!));

    /// <summary>Reads a chunk's bytes.</summary>
    public static MetricChunk Parse(string file, BinaryData content)
    {
        int? damaged = null;
        ChunkHeader? header = null;
        var lines = new List<ChunkLine>();
        var rest = content.ToMemory();
        for (var line = 1; rest.Length > 0; line++)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var text = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            try
            {
                if (header is null)
                {
                    header = Deserialize<ChunkHeader>(text);
                }
                else
                {
                    lines.Add(Deserialize<ChunkLine>(text));
                }
            }
            catch (JsonException) when (end < 0)
            {
                // Torn: the last line of a file that was cut short. The lines before it are whole.
            }
            catch (JsonException)
            {
                damaged ??= line;
                if (header is null)
                {
                    break;
                }
            }
        }
        return new MetricChunk(file, IdOf(content), header, lines, damaged);
    }

    /// <summary>Adds the points to the columns of their metrics, up to a step.</summary>
    public void AddTo(MetricColumnsBuilder columns, long lastStep)
    {
        if (Lines is RowLines rows)
        {
            rows.AddTo(columns, lastStep);
            return;
        }
        foreach (var point in Lines.Select(line => line.Point).OfType<MetricPoint>().Where(point => point.Step <= lastStep))
        {
            columns.Add(point.Name, point.Step, point.Value, point.Time.UtcTicks);
        }
    }

    public static string IdOf(BinaryData content) => ChunkNames.DigestOf(content)[..IdLength];

    public static ReadOnlyMemory<byte> Line<T>(T record) => JsonSerializer.SerializeToUtf8Bytes(record, ChunkJson.Options);

    public static T Deserialize<T>(ReadOnlyMemory<byte> line)
        where T : class => JsonSerializer.Deserialize<T>(line.Span, ChunkJson.Options) ?? throw new JsonException("null");

    /// <summary>
    /// Whether these are all the bytes of a chunk, which so can be replaced by what was read of it. It is not for a chunk that is damaged or torn, was
    /// written by another version, or lies in the folder of another attempt.
    /// </summary>
    public bool IsAllOf(int attempt, BinaryData content)
    {
        // Columns keep times as ticks in UTC, which is how DisBack writes them.
        if (Header is not { SchemaVersion: ChunkHeader.CurrentSchema, Time.Offset.Ticks: 0 } || Header.Attempt != attempt || Damaged is not null)
        {
            return false;
        }
        var rest = content.ToMemory().Span;
        if (!Take(ref rest, Line(Header).Span))
        {
            return false;
        }
        foreach (var line in Lines)
        {
            if (!IsRow(line) || !Take(ref rest, Line(line).Span))
            {
                return false;
            }
        }
        return rest.IsEmpty;
    }

    private static bool IsRow(ChunkLine line) => line is
        { Point.Time.Offset.Ticks: 0, Event: null } or { Event.Time.Offset.Ticks: 0, Point: null };

    private static bool Take(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> line)
    {
        if (rest.Length <= line.Length || !rest.StartsWith(line) || rest[line.Length] != (byte)'\n')
        {
            return false;
        }
        rest = rest[(line.Length + 1)..];
        return true;
    }
}
