namespace DisBack.ReadModel.Tables;

/// <summary>A kind of rows.</summary>
/// <param name="name">Its name in questions and in the database.</param>
/// <param name="document">The kind of documents whose damage makes rows of it miss.</param>
/// <param name="description">What a row is.</param>
internal sealed class Table(string name, string document, string description)
{
    private int[]? _keyIndexes;

    /// <summary>Its name in questions and in the database.</summary>
    public string Name => name;

    /// <summary>The kind of documents whose damage makes rows of it miss.</summary>
    public string Document => document;

    /// <summary>What a row is.</summary>
    public string Description => description;

    /// <summary>The columns that it always has.</summary>
    public required IReadOnlyList<Column> Columns { get; init; }

    /// <summary>Columns that together tell any two rows apart.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>What is shown unless columns are asked for.</summary>
    public required IReadOnlyList<string> Shown { get; init; }

    /// <summary>The order unless another one is asked for.</summary>
    public required IReadOnlyList<string> Sort { get; init; }

    /// <summary>Whether it also has columns that come from specs and metrics.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The columns that are stored, in their order in the database.</summary>
    public IEnumerable<Column> Stored => Columns.Where(column => column.Computed is null);

    /// <summary>Where the columns of the key stand among those that are stored.</summary>
    public IReadOnlyList<int> KeyIndexes => _keyIndexes ??= [.. Key.Select(key => Stored.Index().First(column => column.Item.Name == key).Index)];
}
