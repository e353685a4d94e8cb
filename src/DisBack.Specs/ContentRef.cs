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
    public string BlobName => Digest.Length == 64 && Digest.All(char.IsAsciiHexDigitLower)
        ? $"{Prefix}{Digest.AsSpan(0, 2)}/{Digest}"
        : throw new DisBackException($"'{Digest}' is not a SHA-256 digest; expected 64 lower-case hexadecimal digits.");

    /// <summary>The start of all names of contents.</summary>
    public const string Prefix = "cas/sha256/";

    /// <summary>The first 12 digits, for messages.</summary>
    public override string ToString() => $"sha256:{Digest.AsSpan(0, Math.Min(12, Digest.Length))}";
}
