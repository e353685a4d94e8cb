using DisBack.Contracts.Queries;
using DisBack.ReadModel.Tables;

namespace DisBack.ReadModel.Filters;

/// <summary>Finds the mistakes of a filter before there is anything to be filtered.</summary>
internal static class FilterCheck
{
    /// <summary>Refuses what no rows of a table can ever be asked.</summary>
    /// <exception cref="DisBackException">It is no filter, or not one of this table; the message says at which position.</exception>
    public static void Check(Table table, string filter)
    {
        var condition = FilterParser.Read(filter);
        // Which keys and metrics there will be nobody knows, nor whether they will be numbers or texts.
        var open = table.IsOpen
            ? NamesIn(condition).Distinct().Where(OpenColumn.IsName)
                .SelectMany(name => new[] { new OpenColumn(name, RowType.Number), new OpenColumn(name, RowType.Text) })
            : [];
        _ = new FilterSql(new ColumnSet(table, open), [], DateTimeOffset.UnixEpoch).Of(condition);
    }

    private static IEnumerable<string> NamesIn(Condition condition) => condition switch
    {
        Condition.And(var left, var right) => NamesIn(left).Concat(NamesIn(right)),
        Condition.Or(var left, var right) => NamesIn(left).Concat(NamesIn(right)),
        Condition.Not(var inner) => NamesIn(inner),
        Condition.IsAbsent(var name) => [name.Text],
        Condition.OneOf(var name, _) => [name.Text],
        Condition.Comparison(var name, _, _) => [name.Text],
        _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, "There is no such condition."),
    };
}
