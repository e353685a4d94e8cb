using System.Globalization;
using DisBack.Contracts.Queries;
using DisBack.Specs.Reading;

namespace DisBack.ReadModel.Tables;

/// <summary>The columns of a table by the names that people write.</summary>
internal sealed class ColumnSet
{
    private const int MostNamed = 6;

    private readonly Dictionary<string, BoundColumn> _columns;

    /// <param name="table">The table.</param>
    /// <param name="open">What it has beside its own columns.</param>
    public ColumnSet(Table table, IEnumerable<OpenColumn> open)
    {
        Table = table;
        All =
        [
            .. table.Columns.Select(column => new BoundColumn(
                new RowColumn(column.Name, column.Type, column.Description),
                [new ColumnPart(column.Type, column.Computed ?? $"t.{Quote(column.Name)}")],
                column.Choices)),
            .. open.GroupBy(column => column.Name).OrderBy(column => column.Key, StringComparer.Ordinal).Select(Bind),
        ];
        _columns = All.ToDictionary(column => column.Column.Name, StringComparer.Ordinal);
    }

    /// <summary>The table.</summary>
    public Table Table { get; }

    /// <summary>The columns that the table always has, and after them the others by their names.</summary>
    public IReadOnlyList<BoundColumn> All { get; }

    /// <summary>The column of a name. Of a key of specs its end is enough where that means one: <c>param.generator.learning_rate</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="where">Where it stands, for messages, for example <c>position 7 of the filter</c>.</param>
    /// <exception cref="DisBackException">There is no such column, or the end of a key means several.</exception>
    public BoundColumn Find(string name, string where)
    {
        if (_columns.TryGetValue(name, out var found) || _columns.TryGetValue(OpenColumn.Metric + name, out found))
        {
            return found;
        }
        if (Table.IsOpen)
        {
            var end = "." + (name.StartsWith(OpenColumn.Parameter, StringComparison.Ordinal) ? name[OpenColumn.Parameter.Length..] : name);
            var ends = All.Where(column => column.Column.Name.StartsWith(OpenColumn.Parameter, StringComparison.Ordinal)
                && column.Column.Name.EndsWith(end, StringComparison.Ordinal)).ToList();
            if (ends.Count == 1)
            {
                return ends[0];
            }
            if (ends.Count > 1)
            {
                var names = string.Join(", ", ends.Take(MostNamed).Select(column => column.Column.Name)) + (ends.Count > MostNamed ? ", ..." : "");
                throw new DisBackException(string.Create(
                    CultureInfo.InvariantCulture, $"The column '{name}', at {where}, means {ends.Count} keys: {names}; write more of one."));
            }
        }
        var nearest = NearestName.Of(name, _columns.Keys.Concat(_columns.Keys.Select(known => known[(known.IndexOf('.', StringComparison.Ordinal) + 1)..])));
        throw new DisBackException($"The table {Table.Name} has no column '{name}', at {where}; "
            + (nearest is not null ? $"did you mean '{nearest}'?" : "'disback query --tables' shows what there is."));
    }

    /// <summary>A name of the database in SQL.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static BoundColumn Bind(IGrouping<string, OpenColumn> parts)
    {
        // A number first: where rows are sorted, numbers come before texts.
        var ordered = parts.OrderBy(part => part.Type == RowType.Text).ToList();
        return new BoundColumn(
            new RowColumn(parts.Key, ordered[0].Type, OpenColumn.Describe(parts.Key)),
            [.. ordered.Select(part => new ColumnPart(part.Type, $"t.{Quote(part.Stored)}"))]);
    }
}
