namespace DisBack.ReadModel.Filters;

/// <summary>What a row must be like: the tree of a filter.</summary>
internal abstract record Condition
{
    /// <summary>Both hold.</summary>
    public sealed record And(Condition Left, Condition Right) : Condition;

    /// <summary>One holds at the least.</summary>
    public sealed record Or(Condition Left, Condition Right) : Condition;

    /// <summary>It does not hold.</summary>
    public sealed record Not(Condition Inner) : Condition;

    /// <summary>A column compared with a value.</summary>
    public sealed record Comparison(ColumnName Column, Comparator Comparator, Literal Value) : Condition;

    /// <summary>A column has one of these values.</summary>
    public sealed record OneOf(ColumnName Column, IReadOnlyList<Literal> Values) : Condition;

    /// <summary>A column has no value.</summary>
    public sealed record IsAbsent(ColumnName Column) : Condition;
}

/// <summary>A column as it is written.</summary>
/// <param name="Text">Its name.</param>
/// <param name="Position">Where it begins in the filter, from 1.</param>
internal sealed record ColumnName(string Text, int Position);

/// <summary>How a column is compared.</summary>
internal enum Comparator
{
    /// <summary><c>=</c></summary>
    Equal,

    /// <summary><c>!=</c>, also where there is no value.</summary>
    NotEqual,

    /// <summary><c>&lt;</c></summary>
    Less,

    /// <summary><c>&lt;=</c></summary>
    LessOrEqual,

    /// <summary><c>&gt;</c></summary>
    Greater,

    /// <summary><c>&gt;=</c></summary>
    GreaterOrEqual,

    /// <summary><c>like</c>, with <c>%</c> for any text and <c>_</c> for any letter, in any case.</summary>
    Like,
}

/// <summary>A value as it is written.</summary>
/// <param name="Position">Where it begins in the filter, from 1.</param>
internal abstract record Literal(int Position)
{
    /// <summary><c>'dmd2'</c></summary>
    public sealed record Text(string Value, int Position) : Literal(Position);

    /// <summary><c>1e-4</c></summary>
    public sealed record Number(double Value, int Position) : Literal(Position);

    /// <summary><c>90s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c>: a length of time, and of a point in time how long ago it is.</summary>
    public sealed record Duration(TimeSpan Value, int Position) : Literal(Position);

    /// <summary><c>true</c> or <c>false</c></summary>
    public sealed record Truth(bool Value, int Position) : Literal(Position);
}
