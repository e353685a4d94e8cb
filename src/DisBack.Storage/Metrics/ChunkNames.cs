using System.Globalization;
using System.Security.Cryptography;

namespace DisBack.Storage.Metrics;

/// <summary>
/// Where the metrics of a run lie: chunks in <c>metrics/{run}/{attempt:D4}/{sequence:D6}.ndjson</c>, and what replaces them after the attempt in
/// <c>metrics/{run}/{attempt:D4}/{digest}.parquet</c>.
/// </summary>
internal static class ChunkNames
{
    private const string Chunk = ".ndjson";
    private const string Columns = ".parquet";

    public static string Of(string run, int attempt, int sequence) => FormattableString.Invariant($"{Prefix(run)}{attempt:D4}/{sequence:D6}{Chunk}");

    /// <summary>A column file's name: the digest in it tells whether its bytes are still those that were written.</summary>
    /// <param name="folder">The folder of the attempt, as in <see cref="FolderOf"/>.</param>
    /// <param name="digest">The SHA-256 of its bytes.</param>
    public static string OfColumns(string folder, string digest) => $"{folder}/{digest}{Columns}";

    public static string Prefix(string run) => $"metrics/{run}/";

    /// <summary>Not every name under a run's prefix is its own: the run <c>a</c> is a prefix of the run <c>a/0001</c>.</summary>
    public static bool IsOwn(string run, string name) =>
        name[Prefix(run).Length..].Split('/').Length == 2 && (IsChunk(name) || IsColumns(name));

    public static bool IsChunk(string name) => name.EndsWith(Chunk, StringComparison.Ordinal);

    public static bool IsColumns(string name) => name.EndsWith(Columns, StringComparison.Ordinal);

    /// <summary>The number in the name of a chunk; null for whatever else lies there.</summary>
    public static int? NumberOf(string chunk) =>
        IsChunk(chunk) && int.TryParse(FileOf(chunk)[..^Chunk.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static string DigestOf(BinaryData content) => Convert.ToHexStringLower(SHA256.HashData(content.ToMemory().Span));

    public static string DigestOf(string columns) => FileOf(columns)[..^Columns.Length];

    public static string FolderOf(string name) => name[..name.LastIndexOf('/')];

    public static string FileOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    /// <summary>The attempt that a folder belongs to; null if it is not one that DisBack has named.</summary>
    public static int? AttemptOf(string folder)
    {
        var text = FileOf(folder);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            && attempt.ToString("D4", CultureInfo.InvariantCulture) == text ? attempt : null;
    }
}
