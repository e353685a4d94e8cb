using System.Text;
using System.Text.Json;

namespace DisBack.Storage.Metrics;

/// <summary>A group of rows of a column file.</summary>
internal sealed class ColumnRows(int count)
{
    public int[] Kinds { get; } = new int[count];

    public long[] Steps { get; } = new long[count];

    public string?[] Names { get; } = new string?[count];

    public double[] Values { get; } = new double[count];

    public long[] Ticks { get; } = new long[count];

    public string?[] Texts { get; } = new string?[count];

    // Same with '(Names[row])': no file is known for which the library leaves one out, and it does not promise that.
    public string Name(int row) => Names[row] ?? throw new InvalidDataException("a name is missing");

    public DateTimeOffset Time(int row) => Ticks[row] >= 0 && Ticks[row] <= DateTimeOffset.MaxValue.Ticks
        ? new DateTimeOffset(Ticks[row], TimeSpan.Zero)
        : throw new InvalidDataException("a time is out of range");

    /// <summary>The event of a row; null for a point.</summary>
    /// <exception cref="InvalidDataException">The row is neither.</exception>
    public ChunkLine? EventOf(int row)
    {
        switch ((RowKind)Kinds[row])
        {
            case RowKind.Point:
                // What cannot be read is found now, and not when somebody looks at it.
                (_, _) = (Name(row), Time(row));
                return null;
            case RowKind.Event when Texts[row] is { } text:
                try
                {
                    return MetricChunk.Deserialize<ChunkLine>(Encoding.UTF8.GetBytes(text));
                }
                catch (JsonException e)
                {
                    throw new InvalidDataException("an event cannot be read", e);
                }
            default:
                throw new InvalidDataException($"a row is of the unknown kind {Kinds[row]}");
        }
    }

    /// <summary>The point of a row.</summary>
    public MetricPoint Point(int row) => new(Steps[row], Name(row), Values[row], Time(row));
}
