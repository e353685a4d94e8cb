using DisBack.Contracts.Queries;

namespace DisBack.ReadModel.Tables;

/// <summary>A column that a table always has.</summary>
/// <param name="Name">Its name in questions.</param>
/// <param name="Type">What its cells are.</param>
/// <param name="Description">What it means, with its unit.</param>
internal sealed record Column(string Name, RowType Type, string Description)
{
    /// <summary>All texts that it can hold; null is any. Whoever mistypes one is told.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>SQL that computes it from other tables; null where it is stored. The row's own table is <c>t</c>.</summary>
    public string? Computed { get; init; }
}
