using System.Data.Common;
using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Database;
using DisBack.ReadModel.Filters;
using DisBack.ReadModel.Tables;
using DisBack.Specs.Reading;

namespace DisBack.ReadModel.Pages;

/// <summary>Answers one question from the database.</summary>
internal static class PageReader
{
    /// <summary>More than anybody sorts by, and few enough that the condition of a page stays short.</summary>
    private const int MostSorted = 8;

    /// <summary>More than there are columns of a table in practice.</summary>
    private const int MostColumns = 1000;

    private const string Everything = "*";

    /// <summary>One page.</summary>
    /// <param name="database">The rows.</param>
    /// <param name="query">The question.</param>
    /// <param name="now">What lengths of time in its filter are before.</param>
    /// <exception cref="DisBackException">The question is wrong; the message says where.</exception>
    public static RowPage Read(ReadModelDatabase database, RowQuery query, DateTimeOffset now)
    {
        if (query.Limit is < 1 or > RowQuery.LargestPage)
        {
            throw new DisBackException(string.Create(
                CultureInfo.InvariantCulture, $"limit is {query.Limit}; a page has 1 to {RowQuery.LargestPage} rows."));
        }
        if (query.Offset < 0 || (query.Offset > 0 && !string.IsNullOrEmpty(query.After)))
        {
            throw new DisBackException(string.Create(CultureInfo.InvariantCulture, $"offset is {query.Offset}")
                + (query.Offset < 0 ? "; it is a number of rows, from 0 on." : " beside 'after', and each says where the page begins; leave one of them out."));
        }
        if (query.Sort.Count > MostSorted || query.Columns.Count > MostColumns)
        {
            throw new DisBackException($"A question names at most {MostSorted} columns to sort by, and {MostColumns} to show.");
        }
        var columns = database.ColumnsOf(TableOf(query.Table));
        var table = columns.Table;
        IReadOnlyList<BoundColumn> shown = query.Columns is [Everything]
            ? columns.All
            : [.. (query.Columns.Count > 0 ? query.Columns : table.Shown).Select(name => columns.Find(name, "the columns")).Distinct()];
        var order = new PageOrder(columns, query.Sort);

        var parameters = new List<object>();
        var where = string.IsNullOrWhiteSpace(query.Where) ? "true" : new FilterSql(columns, parameters, now).Of(FilterParser.Read(query.Where));
        var total = database.Read($"SELECT count(*) FROM {table.Name} t WHERE {where}", parameters, row => row.GetInt64(0))[0];
        if (query.After is { Length: > 0 } after)
        {
            where = $"{where} AND {order.After(PageCursor.Decode(after, order.Name, [.. order.Parts.Select(part => part.Type)]), parameters)}";
        }
        var parts = shown.SelectMany(column => column.Parts).Concat(order.Parts).ToList();
        // The page's own rows are found first: reading all columns of every row that may be on it takes several times as long.
        var rows = database.Read(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                SELECT {string.Join(", ", parts.Select(part => part.Sql))} FROM {table.Name} t
                WHERE t.rowid IN (SELECT t.rowid FROM {table.Name} t WHERE {where} ORDER BY {order.Sql} LIMIT {query.Limit + 1} OFFSET {query.Offset})
                ORDER BY {order.Sql}
                """),
            parameters,
            row => (Cells: CellsOf(row, shown), End: Enumerable.Range(parts.Count - order.Parts.Count(), order.Parts.Count()).Select(Raw(row)).ToArray()));
        var more = rows.Count > query.Limit;
        return new RowPage(
            [.. shown.Select(column => column.Column)],
            [.. rows.Take(query.Limit).Select(row => row.Cells)],
            total,
            more ? new PageCursor(order.Name, rows[query.Limit - 1].End).Encode() : null);
    }

    /// <summary>The table of a name.</summary>
    /// <exception cref="DisBackException">There is none.</exception>
    public static Table TableOf(string name) => Catalog.Tables.FirstOrDefault(table => table.Name == name)
        ?? throw new DisBackException($"There is no table '{name}'; "
            + (NearestName.Of(name, Catalog.Tables.Select(table => table.Name)) is { } nearest
                ? $"did you mean '{nearest}'?"
                : $"it is one of {string.Join(", ", Catalog.Tables.Select(table => table.Name))}."));

    private static Func<int, object?> Raw(DbDataReader row) => index => row.IsDBNull(index) ? null : row.GetValue(index);

    private static JsonNode?[] CellsOf(DbDataReader row, IReadOnlyList<BoundColumn> shown)
    {
        var cells = new JsonNode?[shown.Count];
        var part = 0;
        foreach (var (index, column) in shown.Index())
        {
            foreach (var _ in column.Parts)
            {
                cells[index] ??= row.IsDBNull(part) ? null : CellOf(row.GetValue(part));
                part++;
            }
        }
        return cells;
    }

    private static JsonNode? CellOf(object value) => value switch
    {
        string text => JsonValue.Create(text),
        // JSON has no such numbers.
        double number => double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        bool truth => JsonValue.Create(truth),
        DateTime time => JsonValue.Create(time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)),
        IEnumerable<string> texts => new JsonArray([.. texts.Select(text => JsonValue.Create(text))]),
        _ => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
    };
}
