using System.Globalization;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Database;
using DisBack.ReadModel.Tables;

namespace DisBack.ReadModel.Pages;

/// <summary>The order of rows: by the columns that were asked for, and then by what tells any two rows apart.</summary>
internal sealed class PageOrder
{
    private const int NameLength = 8;

    private static readonly ColumnPart s_identity = new(RowType.Text, $"t.{ColumnSet.Quote(ReadModelDatabase.Identity)}");

    private readonly List<(ColumnPart Part, bool Down)> _parts = [];

    /// <param name="columns">The columns of the table.</param>
    /// <param name="sort">Columns, the first one first; one that begins with <c>-</c> sorts downwards.</param>
    /// <exception cref="DisBackException">There is no such column, or it has no order.</exception>
    public PageOrder(ColumnSet columns, IReadOnlyList<string> sort)
    {
        var names = sort.Count > 0 ? sort : columns.Table.Sort;
        foreach (var name in names)
        {
            var down = name.StartsWith('-');
            var column = columns.Find(down ? name[1..] : name, "the order");
            if (column.Column.Type == RowType.Texts)
            {
                throw new DisBackException($"Rows cannot be sorted by '{column.Column.Name}', which holds any number of texts; name another column.");
            }
            _parts.AddRange(column.Parts.Where(part => _parts.All(known => known.Part.Sql != part.Sql)).Select(part => (part, down)).ToList());
        }
        _parts.Add((s_identity, false));
        Name = GrainKeys.Digest(Sql)[..NameLength];
    }

    /// <summary>Tells it from other orders, whose cursors do not fit.</summary>
    public string Name { get; }

    /// <summary>What the rows are sorted by.</summary>
    public IEnumerable<ColumnPart> Parts => _parts.Select(part => part.Part);

    /// <summary>For <c>ORDER BY</c>; what has no value comes last in both directions.</summary>
    public string Sql => string.Join(", ", _parts.Select(part => $"{part.Part.Sql} {(part.Down ? "DESC" : "ASC")} NULLS LAST"));

    /// <summary>The condition that a row comes after a cursor.</summary>
    /// <param name="cursor">The last row of the page before.</param>
    /// <param name="parameters">Receives the values.</param>
    public string After(PageCursor cursor, List<object> parameters)
    {
        var alternatives = new List<string>();
        var equal = "";
        foreach (var ((part, down), value) in _parts.Zip(cursor.Values))
        {
            if (value is null)
            {
                // Nothing comes after no value but what has none either.
                equal += $"{part.Sql} IS NULL AND ";
                continue;
            }
            parameters.Add(value);
            var parameter = string.Create(CultureInfo.InvariantCulture, $"${parameters.Count}{(part == s_identity ? "::UUID" : "")}");
            alternatives.Add($"({equal}({part.Sql} {(down ? "<" : ">")} {parameter} OR {part.Sql} IS NULL))");
            equal += $"{part.Sql} = {parameter} AND ";
        }
        return alternatives.Count == 0 ? "false" : $"({string.Join(" OR ", alternatives)})";
    }
}
