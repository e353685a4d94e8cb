using System.Data;
using System.Data.Common;
using System.Globalization;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Documents;
using DisBack.ReadModel.Tables;
using DuckDB.NET.Data;

namespace DisBack.ReadModel.Database;

/// <summary>The tables in a DuckDB database, in a file or in memory. One thread at a time uses it.</summary>
internal sealed class ReadModelDatabase : IDisposable
{
    /// <summary>What is kept under another version is made again: the documents have all of it.</summary>
    private const int Version = 3;

    /// <summary>The column of every table that names the document of a row.</summary>
    private const string Origin = ":document";

    /// <summary>
    /// The column of every table that tells any two of its rows apart, from the columns of its key: 16 bytes, because to sort by texts takes twice as long.
    /// </summary>
    public const string Identity = ":row";

    private const string Documents = ":documents";

    /// <summary>The table of one text: what the next look at the documents is told to look only at what has changed.</summary>
    private const string Positions = ":position";

    private readonly DuckDBConnection _connection;
    private readonly Dictionary<Table, List<OpenColumn>> _open = [];

    private ReadModelDatabase(DuckDBConnection connection) => _connection = connection;

    /// <summary>Opens a database, which is created if needed.</summary>
    /// <param name="file">Where it lies; null is in memory.</param>
    /// <exception cref="DuckDBException">The file cannot be used, or holds something else.</exception>
    public static ReadModelDatabase Open(string? file)
    {
        // Beside a training the database must not take what the training needs. A second thread finds nothing to do in fewer than 122,880 rows, and looking for
        // it takes half as long again.
        var connection = new DuckDBConnection($"DataSource={file ?? ":memory:"};memory_limit=2GB;threads=1");
        try
        {
            connection.Open();
            var database = new ReadModelDatabase(connection);
            database.Prepare();
            return database;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Where the next look at the documents goes on; null looks at everything.</summary>
    public string? Position { get; private set; }

    /// <summary>The documents that are damaged.</summary>
    public IReadOnlyList<KnownDocument> Damaged { get; private set; } = [];

    /// <summary>The columns of a table.</summary>
    public ColumnSet ColumnsOf(Table table) => new(table, _open.GetValueOrDefault(table) ?? []);

    /// <summary>The documents whose rows are there, and those that are damaged.</summary>
    public IReadOnlyList<KnownDocument> ReadDocuments() => ReadDocuments("true");

    /// <summary>How many documents there are, and how many of them are damaged.</summary>
    public (int Documents, int Damaged) Count() => Read(
        $"SELECT count(*), count(damage) FROM {ColumnSet.Quote(Documents)}", [], row => ((int)row.GetInt64(0), (int)row.GetInt64(1)))[0];

    /// <summary>Replaces the rows of some documents, all or none of them.</summary>
    /// <param name="gone">Documents whose rows go, by name: those that changed and those that are no more.</param>
    /// <param name="read">What is known of the documents that changed.</param>
    /// <param name="batch">Their rows.</param>
    /// <param name="position">Where the next look at the documents goes on, if this is the last of what the present one found.</param>
    public void Replace(IReadOnlyCollection<string> gone, IReadOnlyCollection<KnownDocument> read, RowBatch batch, string? position)
    {
        using var transaction = _connection.BeginTransaction();
        try
        {
            AddColumns(batch);
            if (gone.Count > 0)
            {
                Execute("CREATE OR REPLACE TEMP TABLE gone (name VARCHAR)");
                Append("gone", gone, (row, name) => row.AppendValue(name));
                foreach (var table in Catalog.Tables)
                {
                    Execute($"DELETE FROM {table.Name} WHERE {ColumnSet.Quote(Origin)} IN (SELECT name FROM gone)");
                }
                Execute($"DELETE FROM {ColumnSet.Quote(Documents)} WHERE kind || '/' || key IN (SELECT name FROM gone)");
            }
            foreach (var (table, rows) in batch.Rows)
            {
                var open = _open.GetValueOrDefault(table) ?? [];
                Append(table.Name, rows, (to, row) =>
                {
                    to.AppendValue(row.Document).AppendValue(row.IdentityIn(table));
                    foreach (var cell in row.Cells)
                    {
                        AppendCell(to, cell);
                    }
                    foreach (var column in open)
                    {
                        AppendCell(to, row.Open.GetValueOrDefault(column));
                    }
                });
            }
            Append(
                Documents,
                read,
                (to, document) => to.AppendValue(document.Kind).AppendValue(document.Key).AppendValue(document.ETag).AppendValue(document.Damage));
            Execute($"DELETE FROM {ColumnSet.Quote(Positions)}");
            Append<string>(Positions, position is null ? [] : [position], (row, text) => row.AppendValue(text));
            transaction.Commit();
        }
        catch
        {
            transaction.Rollback();
            ReadOpenColumns();
            throw;
        }
        ReadProgress();
    }

    /// <summary>Runs a question.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="parameters">The values of its parameters, in the order of their numbers.</param>
    /// <param name="read">Reads a row.</param>
    public List<T> Read<T>(string sql, IEnumerable<object> parameters, Func<DbDataReader, T> read)
    {
        using var command = Command(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new DuckDBParameter(parameter));
        }
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    private List<KnownDocument> ReadDocuments(string where) => Read(
        $"SELECT kind, key, etag, damage FROM {ColumnSet.Quote(Documents)} WHERE {where}",
        [],
        row => new KnownDocument(row.GetString(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3)));

    public void Dispose() => _connection.Dispose();

    private void Prepare()
    {
        Execute($"CREATE TABLE IF NOT EXISTS \":version\" (version INTEGER)");
        var versions = Read("SELECT version FROM \":version\"", [], reader => reader.GetInt32(0));
        if (versions is not [Version])
        {
            foreach (var name in Read("SELECT table_name FROM duckdb_tables()", [], reader => reader.GetString(0)))
            {
                Execute($"DROP TABLE {ColumnSet.Quote(name)}");
            }
            Execute($"CREATE TABLE {ColumnSet.Quote(Documents)} (kind VARCHAR, key VARCHAR, etag VARCHAR, damage VARCHAR)");
            Execute($"CREATE TABLE {ColumnSet.Quote(Positions)} (position VARCHAR)");
            foreach (var table in Catalog.Tables)
            {
                var columns = table.Stored.Select(column => $"{ColumnSet.Quote(column.Name)} {TypeOf(column.Type)}");
                Execute($"CREATE TABLE {table.Name} ({ColumnSet.Quote(Origin)} VARCHAR, {ColumnSet.Quote(Identity)} UUID, {string.Join(", ", columns)})");
            }
            Execute("CREATE TABLE \":version\" (version INTEGER)");
            Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO \":version\" VALUES ({Version})"));
        }
        ReadOpenColumns();
        ReadProgress();
    }

    /// <summary>What every look at the documents begins with: it is looked at each second, and a question of the engine takes part of a millisecond.</summary>
    private void ReadProgress()
    {
        Position = Read($"SELECT position FROM {ColumnSet.Quote(Positions)}", [], row => row.GetString(0)).FirstOrDefault();
        Damaged = ReadDocuments("damage IS NOT NULL");
    }

    private void ReadOpenColumns()
    {
        _open.Clear();
        foreach (var table in Catalog.Tables.Where(table => table.IsOpen))
        {
            _open[table] =
            [
                .. Read(
                    "SELECT column_name FROM duckdb_columns() WHERE table_name = $1 ORDER BY column_index", [table.Name], reader => reader.GetString(0))
                    .Select(OpenColumn.Parse).OfType<OpenColumn>(),
            ];
        }
    }

    private void AddColumns(RowBatch batch)
    {
        foreach (var (table, rows) in batch.Rows.Where(rows => rows.Key.IsOpen))
        {
            var added = rows.SelectMany(row => row.Open.Keys).Distinct().Except(_open[table]).OrderBy(column => column.Stored, StringComparer.Ordinal).ToList();
            foreach (var column in added)
            {
                Execute($"ALTER TABLE {table.Name} ADD COLUMN {ColumnSet.Quote(column.Stored)} {TypeOf(column.Type)}");
                _open[table].Add(column);
            }
        }
    }

    private void Append<T>(string table, IReadOnlyCollection<T> rows, Action<IDuckDBAppenderRow, T> append)
    {
        if (rows.Count == 0)
        {
            return;
        }
        using var appender = _connection.CreateAppender(table);
        foreach (var row in rows)
        {
            var to = appender.CreateRow();
            append(to, row);
            to.EndRow();
        }
    }

    private static void AppendCell(IDuckDBAppenderRow row, object? cell) => _ = cell switch
    {
        null => row.AppendNullValue(),
        string text => row.AppendValue(text),
        long whole => row.AppendValue(whole),
        double number => row.AppendValue(number),
        bool truth => row.AppendValue(truth),
        DateTimeOffset time => row.AppendValue(time.UtcDateTime),
        IEnumerable<string> texts => row.AppendValue(texts),
        _ => throw new ArgumentOutOfRangeException(nameof(cell), cell, "No column holds such a value."),
    };

    private static string TypeOf(RowType type) => type switch
    {
        RowType.Text => "VARCHAR",
        RowType.Number => "DOUBLE",
        RowType.Whole => "BIGINT",
        RowType.Time => "TIMESTAMP",
        RowType.Truth => "BOOLEAN",
        _ => "VARCHAR[]",
    };

    private DuckDBCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }
}
