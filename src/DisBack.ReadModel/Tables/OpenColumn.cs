using DisBack.Contracts.Queries;

namespace DisBack.ReadModel.Tables;

/// <summary>A column that a table has because a spec or a measurement has such a value.</summary>
/// <param name="Name">Its name in questions: <c>param.</c>, <c>metric.</c> or <c>best.</c>, and the key.</param>
/// <param name="Type"><see cref="RowType.Number"/> or <see cref="RowType.Text"/>.</param>
internal readonly record struct OpenColumn(string Name, RowType Type)
{
    /// <summary>What comes before the keys of specs.</summary>
    public const string Parameter = "param.";

    /// <summary>What comes before the names of latest values.</summary>
    public const string Metric = "metric.";

    /// <summary>What comes before the names of lowest values.</summary>
    public const string Best = "best.";

    private const string NumberMark = ":number";
    private const string TextMark = ":text";

    /// <summary>Its name in the database; a colon is in no key.</summary>
    public string Stored => Name + (Type == RowType.Number ? NumberMark : TextMark);

    /// <summary>The column of a name in the database; null if it is one that the table always has.</summary>
    public static OpenColumn? Parse(string stored) =>
        stored.EndsWith(NumberMark, StringComparison.Ordinal) ? new(stored[..^NumberMark.Length], RowType.Number)
        : stored.EndsWith(TextMark, StringComparison.Ordinal) ? new(stored[..^TextMark.Length], RowType.Text)
        : null;

    /// <summary>Whether a name can be that of such a column.</summary>
    public static bool IsName(string name) => new[] { Parameter, Metric, Best }.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>What it means.</summary>
    public static string Describe(string name) => name switch
    {
        _ when name.StartsWith(Parameter, StringComparison.Ordinal) => $"The spec's {name[Parameter.Length..]}.",
        _ when name.StartsWith(Metric, StringComparison.Ordinal) => $"Latest value of {name[Metric.Length..]}.",
        _ => $"Lowest value of {name[Best.Length..]}.",
    };
}
