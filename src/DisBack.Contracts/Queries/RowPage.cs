using System.Text.Json.Nodes;

namespace DisBack.Contracts.Queries;

/// <summary>A part of the rows that a question asks for.</summary>
/// <param name="Columns">What the cells are.</param>
/// <param name="Rows">One cell for each column; null where a row has no value.</param>
/// <param name="Total">How many rows there are on all pages.</param>
/// <param name="Next">What to give as <see cref="RowQuery.After"/> for the next part; null after the last.</param>
public sealed record RowPage(IReadOnlyList<RowColumn> Columns, IReadOnlyList<IReadOnlyList<JsonNode?>> Rows, long Total, string? Next)
{
    /// <summary>
    /// What is missing because documents cannot be read: one sentence each with what is wrong and what to do, of the table's own kind.
    /// </summary>
    public IReadOnlyList<string> Damaged { get; init; } = [];
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name in questions.</param>
/// <param name="Type">What its cells are.</param>
/// <param name="Description">What it means, with its unit.</param>
public sealed record RowColumn(string Name, RowType Type, string Description);

/// <summary>What the cells of a column are.</summary>
public enum RowType
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A number, which may be NaN or infinite.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A point in time, in UTC.</summary>
    Time,

    /// <summary>True or false.</summary>
    Truth,

    /// <summary>Any number of texts. A comparison is true where it is for one of them.</summary>
    Texts,
}

/// <summary>A table of an installation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What a row is.</param>
/// <param name="Columns">Its columns, those that come from specs and metrics included.</param>
public sealed record RowTable(string Name, string Description, IReadOnlyList<RowColumn> Columns);
