using System.Globalization;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Tables;
using DisBack.Specs.Reading;

namespace DisBack.ReadModel.Filters;

/// <summary>A filter as SQL: what a user wrote becomes parameters, and never text of a statement.</summary>
/// <param name="columns">The columns of the table.</param>
/// <param name="parameters">Receives the values, in the order of their numbers.</param>
/// <param name="now">What lengths of time are before.</param>
internal sealed class FilterSql(ColumnSet columns, List<object> parameters, DateTimeOffset now)
{
    /// <summary>The condition as an expression.</summary>
    /// <exception cref="DisBackException">A column is unknown, or a value does not fit its column.</exception>
    public string Of(Condition condition) => condition switch
    {
        Condition.And(var left, var right) => $"({Of(left)} AND {Of(right)})",
        Condition.Or(var left, var right) => $"({Of(left)} OR {Of(right)})",
        Condition.Not(var inner) => $"(NOT {Of(inner)})",
        Condition.IsAbsent(var name) => $"({string.Join(" AND ", Find(name).Parts.Select(part => $"{part.Sql} IS NULL"))})",
        Condition.OneOf(var name, var values) => $"({string.Join(" OR ", values.Select(value => Compare(name, Comparator.Equal, value)))})",
        Condition.Comparison(var name, var comparator, var value) => Compare(name, comparator, value),
        _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, "There is no such condition."),
    };

    private BoundColumn Find(ColumnName name) => columns.Find(name.Text, At(name.Position));

    private string Compare(ColumnName name, Comparator comparator, Literal value)
    {
        var column = Find(name);
        if (comparator == Comparator.Like && value is not Literal.Text)
        {
            throw new DisBackException($"'like' at {At(value.Position)} wants a text in single quotes, as in name like 'digits%'.");
        }
        foreach (var part in column.Parts)
        {
            if (Fit(part.Type, value) is { } fitting && (comparator != Comparator.Like || part.Type is RowType.Text or RowType.Texts))
            {
                RefuseUnknownChoice(column, comparator, value);
                return Compare(column, part, comparator, fitting, value.Position);
            }
        }
        throw new DisBackException($"The column '{column.Column.Name}' holds {Describe(column.Column.Type)}, which cannot be compared with what is at "
            + $"{At(value.Position)}.");
    }

    private string Compare(BoundColumn column, ColumnPart part, Comparator comparator, object value, int position)
    {
        parameters.Add(value);
        var parameter = string.Create(CultureInfo.InvariantCulture, $"${parameters.Count}");
        if (part.Type == RowType.Texts)
        {
            return comparator switch
            {
                Comparator.Equal => $"coalesce(list_contains({part.Sql}, {parameter}), false)",
                Comparator.NotEqual => $"(NOT coalesce(list_contains({part.Sql}, {parameter}), false))",
                Comparator.Like => $"EXISTS (SELECT 1 FROM (SELECT unnest({part.Sql}) AS one) WHERE one ILIKE {parameter})",
                _ => throw new DisBackException($"The column '{column.Column.Name}' holds texts; at {At(position)} it can be compared by =, != and like only."),
            };
        }
        var sign = comparator switch
        {
            Comparator.Equal => "=",
            // Another value, or none: whoever asks for runs that did not diverge means those that did not fail as well.
            Comparator.NotEqual => "IS DISTINCT FROM",
            Comparator.Less => "<",
            Comparator.LessOrEqual => "<=",
            Comparator.Greater => ">",
            Comparator.GreaterOrEqual => ">=",
            _ => "ILIKE",
        };
        return $"({part.Sql} {sign} {parameter})";
    }

    /// <summary>The value as a parameter of such a column; null if it cannot be one.</summary>
    private object? Fit(RowType type, Literal value) => (type, value) switch
    {
        (RowType.Text or RowType.Texts, Literal.Text text) => text.Value,
        (RowType.Text, Literal.Truth truth) => truth.Value ? "true" : "false",
        (RowType.Number or RowType.Whole, Literal.Number number) => number.Value,
        (RowType.Number or RowType.Whole, Literal.Duration duration) => duration.Value.TotalSeconds,
        (RowType.Truth, Literal.Truth truth) => truth.Value,
        (RowType.Time, Literal.Duration ago) => (now - ago.Value).UtcDateTime,
        (RowType.Time, Literal.Text text) => DateTimeOffset.TryParse(
            text.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.UtcDateTime
            : throw new DisBackException($"'{text.Value}' at {At(text.Position)} is no time; write it as '2026-11-27' or '2026-11-27 19:00', in UTC, or as 7d "
                + "for seven days ago."),
        _ => null,
    };

    private static void RefuseUnknownChoice(BoundColumn column, Comparator comparator, Literal value)
    {
        if (column.Choices is { } choices && comparator != Comparator.Like && value is Literal.Text(var text, var position)
            && !choices.Contains(text, StringComparer.Ordinal))
        {
            throw new DisBackException($"The column '{column.Column.Name}' is never '{text}', at {At(position)}; "
                + (NearestName.Of(text, choices) is { } nearest ? $"did you mean '{nearest}'?" : $"it is one of {string.Join(", ", choices)}."));
        }
    }

    private static string Describe(RowType type) => type switch
    {
        RowType.Text => "texts, as in 'dmd2'",
        RowType.Number or RowType.Whole => "numbers",
        RowType.Time => "times, as in '2026-11-27'",
        RowType.Truth => "true or false",
        _ => "lists of texts",
    };

    private static string At(int position) => string.Create(CultureInfo.InvariantCulture, $"position {position} of the filter");
}
