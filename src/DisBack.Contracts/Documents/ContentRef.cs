namespace DisBack.Contracts.Documents;

/// <summary>Names immutable bytes of the content store: a checkpoint, a node, a teacher, a picture.</summary>
/// <param name="Digest">SHA-256 of the bytes, 64 lower-case hexadecimal digits.</param>
/// <param name="Length">Bytes.</param>
[GenerateSerializer, Immutable, Alias("disback.ContentRef.v1")]
public sealed record ContentRef([property: Id(0)] string Digest, [property: Id(1)] long Length)
{
    /// <summary>The first twelve digits, for people.</summary>
    public override string ToString() => $"sha256:{Digest.AsSpan(0, Math.Min(12, Digest.Length))}";
}
