namespace DisBack.Cli.Tables;

/// <summary>The form of an answer.</summary>
internal abstract record TableForm
{
    /// <summary>A table for people.</summary>
    public sealed record Text : TableForm;

    /// <summary>One JSON object.</summary>
    public sealed record Json : TableForm;

    /// <summary>Comma-separated values (RFC 4180).</summary>
    public sealed record Csv : TableForm;

    /// <summary>A Parquet file.</summary>
    /// <param name="File">Where it is written.</param>
    public sealed record Parquet(string File) : TableForm;
}
