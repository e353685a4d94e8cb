using DisBack.Contracts.Queries;

namespace DisBack.ReadModel.Tables;

/// <summary>A column as the database has it.</summary>
/// <param name="Column">Its name, type and meaning.</param>
/// <param name="Parts">
/// What it is made of. A key of specs that is a number in one and a text in another has two parts, of which a row has one at the most; any other column
/// has one.
/// </param>
/// <param name="Choices">All texts that it can hold; null is any.</param>
internal sealed record BoundColumn(RowColumn Column, IReadOnlyList<ColumnPart> Parts, IReadOnlyList<string>? Choices = null);

/// <summary>A column of the database, or an expression over others.</summary>
/// <param name="Type">What it holds.</param>
/// <param name="Sql">The expression; made of names of this program and of quoted names of columns, never of what a user wrote.</param>
internal sealed record ColumnPart(RowType Type, string Sql);
