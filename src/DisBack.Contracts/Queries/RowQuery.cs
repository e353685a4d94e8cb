namespace DisBack.Contracts.Queries;

/// <summary>A question to the tables of an installation.</summary>
/// <param name="Table">Which table, for example <c>runs</c> or <c>nodes</c>.</param>
public sealed record RowQuery(string Table)
{
    /// <summary>The most rows of one page.</summary>
    public const int LargestPage = 1000;

    /// <summary>Which rows, for example <c>fid &lt; 5 and method = 'dmd2'</c>; null is all of them.</summary>
    public string? Where { get; init; }

    /// <summary>Columns to sort by, the first one first; one that begins with <c>-</c> sorts downwards. Empty is the order of the table.</summary>
    public IReadOnlyList<string> Sort { get; init; } = [];

    /// <summary>Which columns; empty are those that the table shows by itself, and <c>*</c> is every one.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Rows of the page, from 1 to <see cref="LargestPage"/>.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page begins: <see cref="RowPage.Next"/> of the one before, of the same question; null is the beginning.</summary>
    public string? After { get; init; }

    /// <summary>
    /// Rows that are passed over, for whoever looks into the middle of a table: they are counted as they are now, so where rows come and go between two
    /// questions one may be seen twice or not at all. <see cref="After"/> is for reading all of them.
    /// </summary>
    public long Offset { get; init; }

    /// <summary>The names of columns in a text, separated by commas, as addresses and command lines give them; null has none.</summary>
    public static IReadOnlyList<string> NamesIn(string? text) =>
        text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
