using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DisBack.ReadModel.Tables;

namespace DisBack.ReadModel.Documents;

/// <summary>Rows that are written together.</summary>
internal sealed class RowBatch
{
    private readonly Dictionary<Table, List<Row>> _rows = Catalog.Tables.ToDictionary(table => table, _ => new List<Row>());

    /// <summary>The rows by their tables.</summary>
    public IReadOnlyDictionary<Table, List<Row>> Rows => _rows;

    /// <summary>Adds a row.</summary>
    /// <param name="table">Its table.</param>
    /// <param name="document">The document that it comes from: when that changes, the row goes.</param>
    /// <param name="cells">A value for each column that is stored, in their order.</param>
    public Row Add(Table table, string document, params ReadOnlySpan<object?> cells)
    {
        var row = new Row(document, cells.ToArray());
        _rows[table].Add(row);
        return row;
    }

    /// <summary>Adds the rows of another batch; many threads may do so at a time.</summary>
    public void Add(RowBatch other)
    {
        lock (_rows)
        {
            foreach (var (table, rows) in other._rows)
            {
                _rows[table].AddRange(rows);
            }
        }
    }
}

/// <summary>A row of a table.</summary>
/// <param name="Document">The document that it comes from.</param>
/// <param name="Cells">A value for each column that is stored, in their order.</param>
internal sealed record Row(string Document, object?[] Cells)
{
    /// <summary>What comes from its spec and its measurements: numbers and texts.</summary>
    public Dictionary<OpenColumn, object> Open { get; } = [];

    /// <summary>A digest of the cells of the table's key.</summary>
    public Guid IdentityIn(Table table)
    {
        var key = table.KeyIndexes.Select(index => Convert.ToString(Cells[index], CultureInfo.InvariantCulture));
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', key))).AsSpan(0, 16), bigEndian: true);
    }
}
