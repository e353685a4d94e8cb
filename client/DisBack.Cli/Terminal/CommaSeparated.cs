namespace DisBack.Cli.Terminal;

/// <summary>Comma-separated values as RFC 4180 has them.</summary>
internal static class CommaSeparated
{
    /// <summary>One line, without its end.</summary>
    public static string Line(IEnumerable<string> cells) => string.Join(',', cells.Select(Cell));

    private static string Cell(string cell) =>
        cell.AsSpan().IndexOfAny("\",\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
