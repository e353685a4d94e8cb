using DuckDB.NET.Data;

namespace DisBack.Sdxl.Tests.Encodings;

/// <summary>Makes Parquet files.</summary>
internal static class ParquetFiles
{
    /// <summary>Writes the answer to a question.</summary>
    public static void Write(string path, string sql)
    {
        using var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = $"COPY ({sql}) TO '{path.Replace("'", "''", StringComparison.Ordinal)}' (FORMAT parquet)";
        command.ExecuteNonQuery();
    }
}
