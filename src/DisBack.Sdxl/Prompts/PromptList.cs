using System.Text;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Prompts;

/// <summary>Prompts in a file that others have made: a text file with one on each line, or a column of texts of a Parquet file.</summary>
public static class PromptList
{
    /// <summary>All that is read of a file; the captions of two million pictures have as much.</summary>
    internal const long MostCharacters = 256L << 20;

    /// <summary>Its prompts, in their order; blanks around a prompt are not part of it, and empty ones are none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">The column of a Parquet file; null for a text file.</param>
    /// <exception cref="DisBackException">It cannot be read, is too large or damaged, has no such column, or has no prompt.</exception>
    public static IReadOnlyList<string> Read(string path, string? column = null)
    {
        var isParquet = ParquetColumn.IsParquet(path);
        if (isParquet != column is not null)
        {
            throw new DisBackException(isParquet
                ? $"'{path}' is a Parquet file: name the column of the prompts; its columns of texts are {ParquetColumn.Names(path)}."
                : $"'{path}' is no Parquet file and has no columns: leave the column out, and write a prompt on each line.");
        }
        IEnumerable<string> texts = column is null ? Lines(path) : ParquetColumn.Texts(path, column);
        string[] prompts = [.. texts.Select(text => text.Trim()).Where(text => text.Length > 0)];
        return prompts.Length > 0
            ? prompts
            : throw new DisBackException(column is null
                ? $"'{path}' has no prompt: write one on each line."
                : $"The column '{column}' of '{path}' has no prompt: name another one.");
    }

    private static string[] Lines(string path)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)
                .GetString(RegularFile.ReadAllBytes(path, MostCharacters)).TrimStart('\uFEFF').Split('\n');
        }
        catch (DecoderFallbackException cause)
        {
            throw new DisBackException($"'{path}' is no text in UTF-8: save it as such, with a prompt on each line.", cause);
        }
    }
}
