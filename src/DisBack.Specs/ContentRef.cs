using System.Text.Json.Serialization;

namespace DisBack.Specs;

/// <summary>The address of immutable bytes: what they are, not where they are.</summary>
/// <remarks>Lies in stored documents, so its names are fixed for good.</remarks>
/// <param name="Digest">SHA-256 of the bytes, 64 lower-case hexadecimal digits.</param>
/// <param name="Length">Bytes.</param>
public sealed record ContentRef(string Digest, long Length)
{
    /// <summary>The blob that holds the bytes: <c>cas/sha256/ab/abcd...</c>.</summary>
    [JsonIgnore]
    public string BlobName => Digest is { Length: 64 } && Digest.All(char.IsAsciiHexDigitLower)
        ? $"{Prefix}{Digest.AsSpan(0, 2)}/{Digest}"
        : throw new DisBackException($"'{Digest}' is not a SHA-256 digest; expected 64 lower-case hexadecimal digits.");

    /// <summary>The start of the names of all blobs that hold contents.</summary>
    public const string Prefix = "cas/sha256/";

    private const string Algorithm = "sha256:";

    /// <summary>How a spec names it: <c>sha256:</c> and the whole digest.</summary>
    [JsonIgnore]
    public string Name => Algorithm + Digest;

    /// <summary>The digest in a text that names a content, as <see cref="Name"/> does; null for any other text.</summary>
    public static string? DigestIn(string text) =>
        text.StartsWith(Algorithm, StringComparison.Ordinal) && text.Length == Algorithm.Length + 64 && text[Algorithm.Length..].All(char.IsAsciiHexDigitLower)
            ? text[Algorithm.Length..]
            : null;

    /// <summary>The first 12 digits, for messages.</summary>
    public override string ToString() => $"sha256:{Digest.AsSpan(0, Math.Min(12, Digest.Length))}";
}
