using System.Data.Common;
using DisBack.Specs.Files;
using DuckDB.NET.Data;

namespace DisBack.Sdxl.Prompts;

/// <summary>
/// A column of texts in a Parquet file of somebody's. DuckDB reads it, and not Parquet.Net, which believes the sizes in a file: one changed bit has it allocate
/// gigabytes. DuckDB is allowed no other file, no network and so much memory.
/// </summary>
internal static class ParquetColumn
{
    private const string TextType = "VARCHAR";
    private const int MostNamed = 20;

    /// <summary>Whether a file begins as Parquet files do.</summary>
    /// <exception cref="DisBackException">It cannot be opened.</exception>
    public static bool IsParquet(string path)
    {
        using var file = RegularFile.Open(path);
        Span<byte> magic = stackalloc byte[4];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("PAR1"u8);
    }

    /// <summary>The names of the columns of texts, in words.</summary>
    /// <exception cref="DisBackException">The file is damaged.</exception>
    public static string Names(string path) => Use(path, database => InWords(TextColumns(database, path)));

    /// <summary>The texts of a column, in their order; those that are missing are left out.</summary>
    /// <exception cref="DisBackException">The file is damaged, has no such column, or one with too much text in it.</exception>
    public static List<string> Texts(string path, string column) => Use(path, database =>
    {
        if (TextColumns(database, path) is var known && !known.Contains(column))
        {
            throw new DisBackException($"'{path}' has no column of texts '{column}': name one of {InWords(known)}.");
        }
        var (texts, characters) = (new List<string>(), 0L);
        foreach (var row in Rows(database, $"SELECT {Quoted(column, '"')} FROM read_parquet($1)", path))
        {
            // Asked of each value: a condition would be answered by what the file says of its rows.
            if (row.IsDBNull(0))
            {
                continue;
            }
            var text = row.GetString(0);
            // A Parquet file says once what many rows have, so that a short file could fill any memory.
            if ((characters += text.Length) > PromptList.MostCharacters)
            {
                throw new DisBackException($"The column '{column}' of '{path}' has more than {PromptList.MostCharacters:N0} characters: divide the file.");
            }
            texts.Add(text);
        }
        return texts;
    });

    private static List<string> TextColumns(DuckDBConnection database, string path) =>
    [
        .. Rows(database, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet($1))", path)
            .Where(row => row.GetString(1) == TextType).Select(row => row.GetString(0)),
    ];

    private static string InWords(List<string> names) => names.Count == 0
        ? "none"
        : string.Join(", ", names.Take(MostNamed).Select(name => $"'{name}'")) + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");

    private static T Use<T>(string path, Func<DuckDBConnection, T> read)
    {
        try
        {
            // Beside a training it must not take what the training needs.
            using var database = new DuckDBConnection("DataSource=:memory:;memory_limit=512MB;threads=1");
            database.Open();
            foreach (var setting in new[]
            {
                "temp_directory=''", "autoinstall_known_extensions=false", "autoload_known_extensions=false",
                // The path is a name here and no pattern, whatever characters it has.
                $"allowed_paths=[{Quoted(Path.GetFullPath(path), '\'')}]", "enable_external_access=false", "lock_configuration=true",
            })
            {
                using var command = database.CreateCommand();
                command.CommandText = $"SET {setting}";
                command.ExecuteNonQuery();
            }
            return read(database);
        }
        catch (Exception cause) when (cause is DbException or InvalidOperationException or FormatException)
        {
            throw new DisBackException($"'{path}' is no readable Parquet file ({FirstLine(cause.Message)}): write it again.", cause);
        }
    }

    private static IEnumerable<DbDataReader> Rows(DuckDBConnection database, string sql, string path)
    {
        using var command = database.CreateCommand();
        (command.CommandText, command.UseStreamingMode) = (sql, true);
        command.Parameters.Add(new DuckDBParameter(Path.GetFullPath(path)));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return reader;
        }
    }

    private static string Quoted(string text, char quote) => $"{quote}{text.Replace($"{quote}", $"{quote}{quote}", StringComparison.Ordinal)}{quote}";

    private static string FirstLine(string message) => message.Split('\n')[0].Trim().TrimEnd('.');
}
