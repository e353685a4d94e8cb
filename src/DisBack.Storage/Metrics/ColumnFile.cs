using Parquet;
using Parquet.Schema;

namespace DisBack.Storage.Metrics;

/// <summary>
/// The columns of chunks, one row a line. The header of a chunk is a row as well, before those of its lines: the file is the log itself, in its order.
/// </summary>
internal static class ColumnFile
{
    /// <summary>The key and value of the file's metadata that name the meaning of its columns.</summary>
    public const string SchemaKey = "disback.schema";
    public const string CurrentSchema = "1";

    /// <summary>Rows that are held in memory at a time.</summary>
    public const int GroupRows = 1 << 16;

    /// <summary>A longer file is none of ours.</summary>
    public const long MaxBytes = 256 << 20;

    /// <summary>What a row is: a <see cref="RowKind"/>.</summary>
    public static DataField<int> Kind { get; } = new("kind");

    /// <summary>The step; of a header, the step at which the attempt resumed.</summary>
    public static DataField<long> Step { get; } = new("step");

    /// <summary>The curve of a point, the kind of an event, the file of a chunk.</summary>
    public static DataField Name { get; } = new("name", typeof(string), isNullable: false);

    /// <summary>The number of a point; otherwise 0.</summary>
    public static DataField<double> Value { get; } = new("value");

    /// <summary>The time in ticks of 100 ns since the year 1, UTC.</summary>
    public static DataField<long> Ticks { get; } = new("ticks");

    /// <summary>The line of an event, the id of a chunk; null for a point.</summary>
    public static DataField Text { get; } = new("text", typeof(string), isNullable: true);

    public static ParquetSchema Schema { get; } = new(Kind, Step, Name, Value, Ticks, Text);

    /// <summary>
    /// Measured on the chunks of a digits run: with these encodings brotli at its middle level takes a fourteenth of the chunks. Its highest level and
    /// zstd's take 5 to 10 % less in many times the time.
    /// </summary>
    public static ParquetOptions Options() => new()
    {
        // Same without 'CompressionMethod = CompressionMethod.Brotli': the file is longer, and read all the same.
        CompressionMethod = CompressionMethod.Brotli,
        // Same without 'CompressionLevel = System.IO.Compression.CompressionLevel.Optimal': it takes longer, and the file is hardly shorter.
        CompressionLevel = System.IO.Compression.CompressionLevel.Optimal,
        ColumnEncodingHints =
        {
            [Kind.Name] = EncodingHint.DeltaBinaryPacked,
            [Step.Name] = EncodingHint.DeltaBinaryPacked,
            [Name.Name] = EncodingHint.Dictionary,
            // Losses are single precision: split by bytes, half of them are zeros.
            [Value.Name] = EncodingHint.ByteSplitStream,
            [Ticks.Name] = EncodingHint.DeltaBinaryPacked,
        },
    };
}
