namespace DisBack.ReadModel.Tables;

/// <summary>A kind of rows.</summary>
/// <param name="Name">Its name in questions and in the database.</param>
/// <param name="Document">The kind of documents whose damage makes rows of it miss.</param>
/// <param name="Description">What a row is.</param>
internal sealed record Table(string Name, string Document, string Description)
{
    /// <summary>The columns that it always has.</summary>
    public required IReadOnlyList<Column> Columns { get; init; }

    /// <summary>Columns that together tell any two rows apart: pages continue by them.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>What is shown unless columns are asked for.</summary>
    public required IReadOnlyList<string> Shown { get; init; }

    /// <summary>The order unless another one is asked for.</summary>
    public required IReadOnlyList<string> Sort { get; init; }

    /// <summary>Whether it also has columns that come from specs and metrics.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The columns that are stored, in their order in the database.</summary>
    public IEnumerable<Column> Stored => Columns.Where(column => column.Computed is null);
}
